import { constants, tag } from "./define.js";
import { framesOf } from "./error.js";

// The names of DOMExceptions that have a legacy code (Web IDL, section 2.8.1).
const codes = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

export class DOMException extends Error {
  #name;

  constructor(message = "", options = "Error") {
    const named = typeof options === "object" && options !== null;
    const text = String(message);
    super(text, named && "cause" in options ? { cause: options.cause } : undefined);
    this.#name = String(named ? (options.name ?? "Error") : options);
    // In the engine's stack the title is the message alone, because name is a getter.
    const { stack } = this;
    const frames = stack.startsWith(text) ? stack.slice(text.length) : "\n" + framesOf(stack);
    this.stack = (text === "" ? this.#name : `${this.#name}: ${text}`) + frames;
  }

  get name() {
    return this.#name;
  }

  get code() {
    return Object.hasOwn(codes, this.#name) ? codes[this.#name] : 0;
  }
}

const constantName = (name) =>
  name === "URLMismatchError" ? "URL_MISMATCH_ERR" : name.replace(/Error$/, "").replace(/\B[A-Z]/g, "_$&").toUpperCase() + "_ERR";

constants(DOMException, Object.fromEntries(Object.entries(codes).map(([name, code]) => [constantName(name), code])));
constants(DOMException, { DOMSTRING_SIZE_ERR: 2, NO_DATA_ALLOWED_ERR: 6, VALIDATION_ERR: 16 });
tag(DOMException);
