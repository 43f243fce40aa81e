import ky, { HTTPError, TimeoutError } from "ky";
import { equal, fails } from "../check";

addEventListener("fetch", (event) => event.respondWith(respond(event.request).catch((error) => new Response(error.stack, { status: 500 }))));

async function respond(request: Request) {
  const seen: string[] = [];
  const api = ky.create({ prefixUrl: new URL(request.url).searchParams.get("server")!, headers: { "x-key": "k" }, retry: { limit: 2, delay: () => 1 }, hooks: { beforeRequest: [({ method }) => { seen.push(method); }], afterResponse: [(_request, _options, response) => { seen.push(String(response.status)); }] } });
  equal(await api.post("echo", { json: { a: 1 }, searchParams: { q: "x y" } }).json(), { url: "/echo?q=x+y", key: "k", body: '{"a":1}' });
  equal(await api.get("flaky").text(), "third");
  equal(seen, ["POST", "200", "GET", "503", "GET", "503", "GET", "200"]);
  const error: any = await api.get("missing").catch((error) => error);
  equal([error instanceof HTTPError, error.response.status], [true, 404]);
  equal(await api.get("slow", { timeout: 20, retry: 0 }).catch((error) => error instanceof TimeoutError), true);
  await fails(() => api.get("slow", { signal: AbortSignal.timeout(10), retry: 0 }), "");
  let progress = 0;
  await api.get("echo", { onDownloadProgress: ({ transferredBytes }) => { progress = transferredBytes; } }).text();
  equal(progress > 0, true);
  return new Response("ok");
}
