// The classes and functions of the runtime, before Linger replaces some of them as globals.
export const NativeEvent = globalThis.Event;
export const NativeEventTarget = globalThis.EventTarget;
export const NativeRequest = globalThis.Request;
export const NativeResponse = globalThis.Response;
export const nativeFetch = globalThis.fetch;
