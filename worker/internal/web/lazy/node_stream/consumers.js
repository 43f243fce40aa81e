import { Blob, TextDecoder } from "shared";
import { Buffer } from "lazy/node_buffer";

// buffer reads a stream or an iterable of bytes and strings.
async function buffer(stream) {
  const parts = [];
  for await (const chunk of stream) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

const text = async (stream) => new TextDecoder().decode(await buffer(stream));

export const consumers = {
  arrayBuffer: async (stream) => (await buffer(stream)).buffer,
  blob: async (stream) => new Blob([await buffer(stream)]),
  buffer,
  json: async (stream) => JSON.parse(await text(stream)),
  text,
};
