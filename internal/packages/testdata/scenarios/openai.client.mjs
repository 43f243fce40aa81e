import { assert, done, serve, url } from "../client.mjs";

let retries = 0;
const server = await serve(async (request, response) => {
  const json = (value, status = 200) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  assert.equal(request.headers.authorization, "Bearer key");
  if (request.url === "/v1/models") return json({ object: "list", data: [{ id: "a" }, { id: "b" }] });
  if (request.url === "/v1/files") {
    assert.match(request.headers["content-type"], /^multipart\/form-data; boundary=/);
    return json({ filename: /filename="([^"]+)"/.exec(request.body)[1], purpose: /name="purpose"\r\n\r\n(\w+)/.exec(request.body)[1] });
  }
  const { model, messages = [], stream } = JSON.parse(request.body);
  if (model === "retry" && ++retries === 1) return json({ error: { message: "busy" } }, 500);
  if (model === "retry") return json({ data: [{ embedding: Buffer.from(new Float32Array([0.5, -1]).buffer).toString("base64") }] });
  if (model === "unknown") return json({ error: { message: "no such model" } }, 404);
  if (model === "slow") return;
  if (!stream) return json({ choices: [{ finish_reason: "stop", message: { role: "assistant", content: messages[0].content === "json" ? '{"age":5}' : `you said ${messages[0].content}` } }] });
  response.writeHead(200, { "content-type": "text/event-stream" });
  const events = ["one ", "two ", "thrée"].map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`).join("") + "data: [DONE]\n\n";
  const bytes = Buffer.from(events);
  for (let i = 0; i < bytes.length; i += 50) { // splits a character
    response.write(bytes.subarray(i, i + 50));
    await new Promise((done) => setTimeout(done, 1));
  }
  response.end();
});

const response = await fetch(`${url}/?server=${server}`);
const body = await response.text();
assert.equal(response.status, 200, body);
assert.deepEqual(body.trim().split("\n").map((line) => JSON.parse(line).choices[0].delta.content), ["one ", "two ", "thrée"]);
done();
