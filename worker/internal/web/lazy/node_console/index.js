// The console of Node is the global one.
export const module = globalThis.console;
