import Anthropic from "@anthropic-ai/sdk";
import { equal, fails } from "../check";

export default { fetch: (request: Request) => respond(request).catch((error) => new Response(error.stack, { status: 500 })) };

async function respond(request: Request) {
  const client = new Anthropic({ apiKey: "key", baseURL: new URL(request.url).searchParams.get("server")!, maxRetries: 0 });
  const messages = [{ role: "user", content: "hi" }] as const;
  const message = await client.messages.create({ model: "m", max_tokens: 10, messages: [...messages] });
  equal(message.content[0], { type: "text", text: "you said hi" } as any);

  const texts: string[] = [], stream = client.messages.stream({ model: "m", max_tokens: 10, messages: [...messages] });
  stream.on("text", (text) => texts.push(text));
  equal([(await stream.finalMessage()).content, texts], [[{ type: "text", text: "one two" }], ["one ", "two"]]);

  const types = [];
  for await (const event of await client.messages.create({ model: "m", max_tokens: 10, messages: [...messages], stream: true })) types.push(event.type);
  equal(types, ["message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
  await fails(() => client.messages.create({ model: "unknown", max_tokens: 1, messages: [] }), "404");
  return new Response("ok");
}
