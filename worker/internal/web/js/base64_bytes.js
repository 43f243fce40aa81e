// encodeBase64 converts bytes to base64, and decodeBase64 does the reverse. With forURL the alphabet is that for URLs, without padding.
export const encodeBase64 = (bytes, forURL = false) => bytes.toBase64(forURL ? { alphabet: "base64url", omitPadding: true } : {});
export const decodeBase64 = (text, forURL = false) => Uint8Array.fromBase64(text, { alphabet: forURL ? "base64url" : "base64" });
