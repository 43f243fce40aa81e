import axios from "axios";
import { equal, fails } from "../check";

addEventListener("fetch", (event) => event.respondWith(respond(event.request).catch((error) => new Response(error.stack, { status: 500 }))));

async function respond(request: Request) {
  const api = axios.create({ baseURL: new URL(request.url).searchParams.get("server")!, adapter: "fetch", headers: { "x-key": "k" } });
  const posted = await api.post("/echo", { a: 1 }, { params: { q: "x y" } });
  equal([posted.status, posted.data], [200, { url: "/echo?q=x+y", key: "k", type: "application/json", body: '{"a":1}' }]);
  const form = new FormData();
  form.append("file", new File(["content"], "a.txt"));
  equal((await api.post("/echo", form, { headers: { "content-type": false } })).data.type.startsWith("multipart/form-data; boundary="), true);
  await fails(() => api.get("/missing"), "Request failed with status code 404");
  equal((await api.get("/missing", { validateStatus: () => true })).data, "no");
  await fails(() => api.get("/slow", { timeout: 20 }), "timeout of 20ms exceeded");
  const controller = new AbortController(), aborted = api.get("/slow", { signal: controller.signal });
  controller.abort();
  equal(axios.isCancel(await aborted.catch((error) => error)), true);
  const bytes = await api.get("/echo", { responseType: "arraybuffer" });
  equal(bytes.data instanceof ArrayBuffer, true);
  const stream = await api.get("/echo", { responseType: "stream" });
  let text = "";
  for await (const chunk of stream.data.pipeThrough(new TextDecoderStream())) text += chunk;
  equal(JSON.parse(text).url, "/echo");
  api.interceptors.response.use((response) => ({ ...response, data: "intercepted" }));
  equal((await api.get("/echo")).data, "intercepted");
  return new Response("ok");
}
