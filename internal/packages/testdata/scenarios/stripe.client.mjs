import { assert, done, expect, serve } from "../client.mjs";

let tries = 0;
const server = await serve((request, response) => {
  const json = (value, status = 200) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  assert.equal(request.headers.authorization, "Bearer sk_test_1");
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/v1/customers/cus_none") return json({ error: { type: "invalid_request_error", message: "No such customer: 'cus_none'" } }, 404);
  assert.equal(pathname, "/v1/customers");
  if (request.method === "GET") return json(searchParams.has("starting_after") ? { object: "list", data: [{ id: "cus_3" }], has_more: false } : { object: "list", data: [{ id: "cus_1" }, { id: "cus_2" }], has_more: true, url: "/v1/customers" });
  if (++tries === 1) return json({ error: { message: "try again" } }, 500);
  const form = new URLSearchParams(request.body);
  assert.equal(form.get("metadata[a]"), "1");
  json({ id: "cus_1", object: "customer", email: form.get("email") });
});
await expect(`/?server=${server}`, 200, "ok");
assert.equal(tries, 2);
done();
