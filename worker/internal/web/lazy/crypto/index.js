export { CryptoKey, cloneKey } from "./key.js";
export { SubtleCrypto, subtle } from "./subtle.js";
