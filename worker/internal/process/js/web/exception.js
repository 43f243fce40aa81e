export const { DOMException } = globalThis;
