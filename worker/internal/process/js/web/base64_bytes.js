import { Buffer } from "node:buffer";

// encodeBase64 converts bytes to base64, and decodeBase64 does the reverse. With forURL the alphabet is that for URLs, without padding.
export const encodeBase64 = (bytes, forURL = false) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encodingOf(forURL));
export const decodeBase64 = (text, forURL = false) => new Uint8Array(Buffer.from(text, encodingOf(forURL)));

const encodingOf = (forURL) => (forURL ? "base64url" : "base64");
