export { bytesOf, isBuffer } from "./encoding.embedded.js";
export const { TextDecoder, TextEncoder } = globalThis;
