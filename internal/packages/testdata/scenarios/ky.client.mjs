import { done, expect, serve } from "../client.mjs";

let tries = 0;
const server = await serve((request, response) => {
  if (request.url.startsWith("/echo")) return response.end(JSON.stringify({ url: request.url, key: request.headers["x-key"], body: request.body }));
  if (request.url === "/flaky") return response.writeHead(++tries === 3 ? 200 : 503).end("third");
  if (request.url === "/missing") response.writeHead(404).end("no");
});
await expect(`/?server=${server}`, 200, "ok");
done();
