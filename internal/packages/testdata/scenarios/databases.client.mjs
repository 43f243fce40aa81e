import { assert, done, expect, serve } from "../client.mjs";

const values = new Map([["n", 1]]);
const command = ([name, key, value]) => {
  if (name.toLowerCase() === "set") return values.set(key, value), { result: "OK" };
  if (name.toLowerCase() === "get") return { result: values.has(key) ? String(values.get(key)) : null };
  if (name.toLowerCase() === "incr") return values.set(key, values.get(key) + 1), { result: values.get(key) };
  return { error: "WRONGTYPE Operation against a key" };
};
// Upstash encodes texts in base64.
const encoded = ({ result, error }) => (error ? { error } : { result: typeof result === "string" && result !== "OK" ? Buffer.from(result).toString("base64") : result });

const server = await serve((request, response) => {
  const json = (value, status = 200) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname.startsWith("/redis")) {
    assert.equal(request.headers.authorization, "Bearer token");
    const body = JSON.parse(request.body);
    if (pathname === "/redis/pipeline") return json(body.map(command).map(encoded));
    const answer = encoded(command(body));
    return json(answer, answer.error ? 400 : 200);
  }
  if (pathname === "/sql") {
    assert.match(request.headers["neon-connection-string"], /ann:secret@db.example.com\/main/);
    const { query } = JSON.parse(request.body);
    assert.ok(["select $1::int as one, 'x' as name", 'select "one", "name" from "users"'].includes(query), query);
    return json({ command: "SELECT", rowCount: 1, fields: [{ name: "one", dataTypeID: 23 }, { name: "name", dataTypeID: 25 }], rows: [["1", "x"]] });
  }
  if (pathname === "/supabase/rest/v1/users") {
    assert.deepEqual([searchParams.get("select"), searchParams.get("id"), searchParams.get("order"), request.headers.apikey], ["id,name", "eq.5", "name.asc", "key"]);
    return json([{ id: 5, name: "ann" }]);
  }
  if (pathname === "/supabase/auth/v1/token") return json({ access_token: "t", token_type: "bearer", expires_in: 3600, refresh_token: "r", user: { id: "u1" } });
  json({ message: "no such table" }, 404);
});
await expect(`/?server=${server}`, 200, "ok");
done();
