import { assert, done, expect } from "../client.mjs";

const headers = { origin: "https://example.com" };
for (const [path, body] of [["/json/ann", '{"hello":"ann"}'], ["/own", "[1]"]]) {
  assert.equal((await expect(path, 200, body, { headers })).get("access-control-allow-origin"), "*");
}
const preflight = await expect("/own", 204, "", { method: "OPTIONS", headers });
assert.equal(preflight.get("access-control-allow-methods"), "GET, POST");
await expect("/query?a=1&b=2&b=3", 200, '{"a":"1","b":["2","3"]}');
await expect("/echo", 200, "text", { method: "POST", body: "text" });
await expect("/content", 201, '{"a":[1]}', { method: "POST", headers: { "content-type": "application/json" }, body: '{"a":[1]}' });
await expect("/content", 201, '{"a":"1"}', { method: "POST", body: new URLSearchParams({ a: "1" }) });
const form = new FormData();
form.append("a", "2");
await expect("/content", 201, '{"a":"2"}', { method: "POST", body: form });
await expect("/me", 401, '{"status":401,"error":"sign in"}');
await expect("/me", 200, '"ann"', { headers: { authorization: "ann" } });
await expect("/cookies", 200, '{"a":"1","b":"2"}', { headers: { cookie: "a=1; b=2" } });
assert.match((await expect("/page", 200, "<p>hi</p>")).get("content-type"), /^text\/html/);
await expect("/none", 204, "");
await expect("/missing", 404, '{"status":404,"error":"not here"}');
await expect("/throws", 422, '{"status":422,"error":"Unknown Error","fields":["name"]}');
await expect("/nowhere", 404, '{"status":404,"error":"Not Found"}');
done();
