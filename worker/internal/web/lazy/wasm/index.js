import { define, DOMException, host, Response } from "shared";
import { CompileError, LinkError, RuntimeError } from "./errors.js";
import { Global } from "./global.js";
import { sourceBytes } from "./idl.js";
import { checkImports, Instance, instantiateLater } from "./instance.js";
import { Memory } from "./memory.js";
import { Module, partsOf } from "./module.js";
import { Table } from "./table.js";

// copied returns the bytes of a BufferSource as they are now.
const copied = (source, what) => {
  const bytes = sourceBytes(source, what);
  return ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice() : bytes.slice();
};

// wasmBytes returns the bytes of a response with a module (WebAssembly Web API, section 3).
async function wasmBytes(source) {
  const response = await source;
  if (!(response instanceof Response)) throw new TypeError("A Response, or a promise of one, is expected");
  const type = response.headers.get("content-type") ?? "";
  if (type.trim().toLowerCase() !== "application/wasm") throw new TypeError(`The response must have the type application/wasm, not "${type}"`);
  if (!response.ok) throw new TypeError(`The response must have a status from 200 to 299, not ${response.status}`);
  return response.arrayBuffer();
}

// compiled compiles a module outside of the event loop, and returns a promise of it. An invalid one causes an error here.
async function compiled(bytes) {
  await new Promise((resolve, reject) => {
    const settle = (name, message) => (name === null ? resolve() : reject(new DOMException(message, name)));
    if (host.wasmPrepare(settle, bytes) !== undefined) resolve();
  });
  return new Module(bytes);
}

async function instantiateBytes(bytes, imports) {
  const module = await compiled(bytes);
  return { module, instance: new Instance(module, imports) };
}

// WebAssembly is the namespace of the WebAssembly JavaScript Interface.
export const WebAssembly = {
  validate(bytes) {
    return host.wasmValidate(sourceBytes(bytes, "WebAssembly.validate"));
  },
  async compile(bytes) {
    return compiled(copied(bytes, "WebAssembly.compile"));
  },
  async instantiate(source) {
    checkImports(arguments[1]);
    if (partsOf(source)) return instantiateLater(source, arguments[1]);
    return instantiateBytes(copied(source, "WebAssembly.instantiate"), arguments[1]);
  },
  async compileStreaming(source) {
    return compiled(await wasmBytes(source));
  },
  async instantiateStreaming(source) {
    return instantiateBytes(await wasmBytes(source), arguments[1]);
  },
};

// Modules of newer compilers create a Tag before anything else, so the error of its constructor is the one that a user sees.
const unsupported = (name) =>
  ({
    [name]: class {
      constructor() {
        throw new TypeError(`WebAssembly.${name} is not supported, because the WebAssembly runtime has no legacy exceptions: use a version of the package that is compiled without them`);
      }
    },
  })[name];

define(WebAssembly, { Tag: unsupported("Tag"), Exception: unsupported("Exception"), Module, Instance, Memory, Table, Global, CompileError, LinkError, RuntimeError });
Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: "WebAssembly", configurable: true });
