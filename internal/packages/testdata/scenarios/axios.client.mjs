import { done, expect, serve } from "../client.mjs";

const server = await serve((request, response) => {
  if (request.url.startsWith("/echo")) response.setHeader("content-type", "application/json").end(JSON.stringify({ url: request.url, key: request.headers["x-key"], type: request.headers["content-type"], body: request.body }));
  if (request.url === "/missing") response.writeHead(404).end("no");
});
await expect(`/?server=${server}`, 200, "ok");
done();
