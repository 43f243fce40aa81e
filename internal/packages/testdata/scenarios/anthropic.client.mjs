import { assert, done, expect, serve } from "../client.mjs";

const server = await serve((request, response) => {
  const json = (value, status = 200) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  assert.deepEqual([request.url, request.headers.authorization], ["/v1/messages", "Bearer key"]);
  const { model, messages, stream } = JSON.parse(request.body);
  if (model === "unknown") return json({ type: "error", error: { type: "not_found_error", message: "no such model" } }, 404);
  const message = { id: "1", type: "message", role: "assistant", model, content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } };
  if (!stream) return json({ ...message, content: [{ type: "text", text: `you said ${messages[0].content}` }] });
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "one " } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "two" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ]) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
});
await expect(`/?server=${server}`, 200, "ok");
done();
