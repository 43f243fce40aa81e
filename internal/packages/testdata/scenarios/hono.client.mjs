import { assert, done, expect, open, url } from "../client.mjs";

// Routes, middleware, errors.
await expect("/users/12/a/b?q=x&t=1&t=2", 200, '["12","a/b","x",["1","2"]]');
await expect("/users/x/a", 404, "nothing here");
await expect("/nested/v1/hello", 200, "/nested/v1/hello");
await expect("/env", 200, "from the environment");
await expect("/fails", 418, "teapot");
assert.match((await expect("/logged?pretty", 200, '{\n  "id": 36\n}')).get("server-timing"), /total;dur=/);
await expect("/slow", 504, "Gateway Timeout");
await expect("/storage", 200, "/storage");

// Cross-origin requests.
const origin = { origin: "https://example.com" };
assert.equal((await expect("/cors/text", 200, "ok", { headers: origin })).get("access-control-allow-origin"), "https://example.com");
assert.equal((await expect("/cors/json", 200, '{"ok":true}')).get("access-control-allow-origin"), null);
assert.equal((await expect("/cors/text", 204, "", { method: "OPTIONS", headers: { ...origin, "access-control-request-method": "PUT" } })).get("access-control-allow-methods"), "PUT");
await expect("/csrf", 403, "Forbidden", { method: "POST", headers: { ...origin, "content-type": "application/x-www-form-urlencoded" }, body: "a=1" });
await expect("/csrf", 200, "ok", { method: "POST", headers: { origin: url, "content-type": "application/x-www-form-urlencoded" }, body: "a=1" });

// Limits of bodies.
await expect("/limit", 200, "took 12345", { method: "POST", body: "12345" });
await expect("/limit", 413, "Payload Too Large", { method: "POST", body: "12345678" });
const chunks = async function* () { yield Buffer.from("1234"); yield Buffer.from("5678"); };
await expect("/limit", 413, "Payload Too Large", { method: "POST", body: chunks(), duplex: "half" });

// Authorization.
const as = (authorization) => ({ headers: { authorization } });
await expect("/bearer", 200, "in", as("Bearer t"));
await expect("/basic", 200, "in", as(`Basic ${btoa("ann:secret")}`));
await expect("/bearer", 401, "Unauthorized", as("Bearer wrong"));
await expect("/bearer", 401, "Unauthorized");
await expect("/basic", 401, "Unauthorized", as(`Basic ${btoa("ann:wrong")}`));
for (const alg of ["HS256", "HS512"]) {
  const token = await (await fetch(`${url}/token/${alg}`)).text();
  await expect(`/jwt/${alg}`, 200, '"ann"', as(`Bearer ${token}`));
  await expect(`/jwt/${alg}`, 401, "Unauthorized", as(`Bearer ${token.slice(0, -2)}`));
  await expect(`/jwt/${alg}`, 401, "Unauthorized", as(`Bearer ${token.replace(/\..*\./, `.${btoa('{"sub":"eve"}')}.`)}`));
}

// Header fields and cookies.
assert.equal((await expect("/header", 200, "whole")).get("x-after"), "1");
assert.equal((await expect("/proxy", 200, "whole")).get("x-after"), "1");
const fields = await expect("/etag", 200, "tagged");
assert.equal(fields.get("x-content-type-options"), "nosniff");
await expect("/etag", 304, "", { headers: { "if-none-match": fields.get("etag") } });
const compressed = await expect("/compress", 200, "a".repeat(5000), { headers: { "accept-encoding": "gzip" } });
assert.equal(compressed.get("content-encoding"), "gzip");
const cookies = (await expect("/cookie", 200, "[null,null]")).getSetCookie();
assert.equal(cookies[0], "plain=a%20b; Path=/; HttpOnly; SameSite=Lax");
const cookie = cookies.map((text) => text.split(";")[0]).join("; ");
await expect("/cookie", 200, '["a b","ann"]', { headers: { cookie } });
await expect("/cookie", 200, '["a b",false]', { headers: { cookie: cookie.replace("signed=ann", "signed=eve") } });

// Bodies.
await expect("/form", 200, '{"a":"1","b":"é"}', { method: "POST", body: new URLSearchParams({ a: "1", b: "é" }) });
const form = new FormData();
form.append("name", "ann");
form.append("file", new File(["content"], "a.txt", { type: "text/plain" }));
await expect("/upload", 200, '["ann","a.txt","text/plain","content"]', { method: "POST", body: form });
await expect("/relay", 200, "as it came", { method: "POST", body: "as it came" });
const json = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body });
await expect("/zod", 200, "6", json('{"age":5}'));
await expect("/zod", 400, /invalid_type.*age/s, json('{"age":"x"}'));

// JSX.
await expect("/jsx", 200, /<body class="css-\d+"><li>a<\/li><li>&lt;b&gt;<\/li><\/body>/);
await expect("/suspense", 200, /<i>wait<\/i>.*<b>later<\/b>/s);

// WebSockets.
const socket = await open("/ws");
socket.send("ann");
assert.equal(await socket.next(), "hello ann");
const endings = await open("/ended");
socket.close(4001);
assert.equal(await endings.next(), "closed 4001");

// Streams: the client reads the beginning while the application is still writing.
await expect("/stream", 200, "hi there");
await expect("/text", 200, "one\ntwo\n");
const controller = new AbortController();
const events = await fetch(`${url}/events`, { signal: controller.signal });
assert.match(events.headers.get("content-type"), /^text\/event-stream/);
let received = "";
for await (const chunk of events.body) {
  received += Buffer.from(chunk);
  if (received.includes("id: 3")) break;
}
assert.ok(received.startsWith("event: tick\ndata: message 0\nid: 0\n\nevent: tick\ndata: message 1\n"), received);
controller.abort();
assert.equal(await endings.next(), "the client has gone");

done();
