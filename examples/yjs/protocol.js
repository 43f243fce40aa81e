// The messages of y-websocket: a type followed by its content, most of which y-protocols defines.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

export const SYNC = 0;
export const AWARENESS = 1;
export const QUERY_AWARENESS = 3;

/** @typedef {import("lib0/decoding").Decoder} Decoder */
/** @typedef {import("lib0/encoding").Encoder} Encoder */

// message returns the bytes of a message.
/** @param {number} type @param {(encoder: Encoder) => void} write */
export function message(type, write = () => {}) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

// parse returns the type of a message and a decoder for its content.
/** @param {string | ArrayBuffer} data @returns {[number, Decoder]} */
export function parse(data) {
  if (typeof data === "string") throw new TypeError("A message of y-websocket is binary");
  const decoder = decoding.createDecoder(new Uint8Array(data));
  return [decoding.readVarUint(decoder), decoder];
}

// documentOf returns the name of the document, which is the path: ws://example.com/notes.
/** @param {Request} request */
export const documentOf = (request) => decodeURIComponent(new URL(request.url).pathname.slice(1)) || "default";

// readClocks returns the users in an awareness message with the clocks of their states.
/** @param {Decoder} decoder */
export function readClocks(decoder) {
  const update = decoding.createDecoder(decoding.readVarUint8Array(decoder));
  /** @type {Record<number, number>} */
  const clocks = {};
  for (let left = decoding.readVarUint(update); left > 0; left--) {
    const user = decoding.readVarUint(update);
    clocks[user] = decoding.readVarUint(update);
    decoding.readVarString(update); // the state, as JSON
  }
  return clocks;
}

// gone returns a message which reports that users have left.
/** @param {Record<number, number>} clocks */
export function gone(clocks) {
  const users = Object.entries(clocks);
  const update = encoding.createEncoder();
  encoding.writeVarUint(update, users.length);
  for (const [user, clock] of users) {
    encoding.writeVarUint(update, Number(user));
    encoding.writeVarUint(update, clock + 1);
    encoding.writeVarString(update, "null");
  }
  return message(AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, encoding.toUint8Array(update)));
}
