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

let nameOf, messageOf;

// State adds private fields to an error. DOMException itself cannot have any: to create errors with it would have to extend
// Error, from which it inherits only the prototype (Web IDL, section 2.8.1).
class State extends (function (error) { return error; }) {
  #name;
  #message;

  static {
    nameOf = (error) => error.#name;
    messageOf = (error) => error.#message;
  }

  constructor(error, name, message) {
    super(error);
    this.#name = name;
    this.#message = message;
  }
}

export class DOMException {
  constructor(message = "", options = "Error") {
    const named = typeof options === "object" && options !== null;
    const text = String(message);
    const name = String(named ? (options.name ?? "Error") : options);
    const error = Reflect.construct(Error, [text, named && "cause" in options ? { cause: options.cause } : undefined], new.target);
    new State(error, name, text);
    delete error.message; // it is an attribute of the prototype
    // In the engine's stack the title is the message alone, because name is a getter.
    const { stack } = error;
    const frames = stack.startsWith(text) ? stack.slice(text.length) : "\n" + framesOf(stack);
    error.stack = (text === "" ? name : `${name}: ${text}`) + frames;
    return error;
  }

  get name() {
    return nameOf(this);
  }

  get message() {
    return messageOf(this);
  }

  get code() {
    const name = nameOf(this);
    return Object.hasOwn(codes, name) ? codes[name] : 0;
  }
}

Object.setPrototypeOf(DOMException.prototype, Error.prototype);

const constantName = (name) => {
  if (name === "URLMismatchError") return "URL_MISMATCH_ERR";
  if (name === "InUseAttributeError") return "INUSE_ATTRIBUTE_ERR";
  return name.replace(/Error$/, "").replace(/\B[A-Z]/g, "_$&").toUpperCase() + "_ERR";
};

const byNumber = { DOMSTRING_SIZE_ERR: 2, NO_DATA_ALLOWED_ERR: 6, VALIDATION_ERR: 16 };
for (const [name, code] of Object.entries(codes)) byNumber[constantName(name)] = code;
constants(DOMException, Object.fromEntries(Object.entries(byNumber).sort(([, a], [, b]) => a - b)));
tag(DOMException);
