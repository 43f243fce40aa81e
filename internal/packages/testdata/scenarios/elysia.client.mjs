import { assert, done, expect } from "../client.mjs";

await expect("/", 200, "hello");
await expect("/users/5?q=1", 200, '{"id":"5","query":{"q":"1"}}');
const json = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body });
await expect("/users", 201, '{"name":"ANN"}', json('{"name":"ann"}'));
await expect("/users", 422, "invalid", json('{"name":"a"}'));
assert.match((await expect("/cookie", 200, "1")).get("set-cookie"), /seen=1/);
await expect("/fails", 500, "broken");
await expect("/nothing", 404, "nothing here");
await expect("/admin/me", 200, "ann", { headers: { authorization: "ann" } });
done();
