// The messages of y-websocket: a type, and what the type says. y-protocols has the content of most.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

export const SYNC = 0;
export const AWARENESS = 1;
export const QUERY_AWARENESS = 3;

/** @typedef {import("lib0/decoding").Decoder} Decoder */
/** @typedef {import("lib0/encoding").Encoder} Encoder */

// message makes the bytes of a message.
/** @param {number} type @param {(encoder: Encoder) => void} write */
export function message(type, write = () => {}) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

// parse gives the type of a message, and a decoder for the rest.
/** @param {string | ArrayBuffer} data @returns {[number, Decoder]} */
export function parse(data) {
  if (typeof data === "string") throw new TypeError("A message of y-websocket is binary");
  const decoder = decoding.createDecoder(new Uint8Array(data));
  return [decoding.readVarUint(decoder), decoder];
}

// The document is the last part of the path: ws://example.com/notes.
/** @param {Request} request */
export const documentOf = (request) => decodeURIComponent(new URL(request.url).pathname.slice(1)) || "default";

// readClocks gives the users that an awareness message is about, each with the clock of its state.
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

// gone makes the message that users have left.
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
