import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { equal, fails } from "../check";

export default { fetch: (request: Request) => respond(request).catch((error) => new Response(error.stack, { status: 500 })) };

async function respond(request: Request) {
  const client = new OpenAI({ apiKey: "key", baseURL: `${new URL(request.url).searchParams.get("server")}/v1`, maxRetries: 1 });
  const completion = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] });
  equal(completion.choices[0].message.content, "you said hi");

  const stream = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "count" }], stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
  equal(text, "one two thrée");

  const parsed = await client.chat.completions.parse({ model: "m", messages: [{ role: "user", content: "json" }], response_format: zodResponseFormat(z.object({ age: z.number() }), "person") });
  equal(parsed.choices[0].message.parsed, { age: 5 });

  const page = [];
  for await (const model of client.models.list()) page.push(model.id);
  equal(page, ["a", "b"]);

  const file = await client.files.create({ file: new File(["content"], "a.jsonl"), purpose: "batch" });
  equal(file.filename, "a.jsonl");

  await fails(() => client.chat.completions.create({ model: "unknown", messages: [] }), "404 no such model");
  const retried = await client.embeddings.create({ model: "retry", input: "x" });
  equal(retried.data[0].embedding, [0.5, -1]);
  await fails(() => client.chat.completions.create({ model: "slow", messages: [] }, { timeout: 20, maxRetries: 0 }), "Request timed out");

  // The answer is passed on while it arrives.
  const relayed = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "count" }], stream: true });
  return new Response(relayed.toReadableStream());
}
