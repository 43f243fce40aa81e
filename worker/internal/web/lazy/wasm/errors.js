// The classes of errors (WebAssembly JavaScript Interface, section 5.10).
const errorClass = (name) => {
  const made = {
    [name]: class extends Error {
      constructor(message, options) {
        super(message, options);
      }
    },
  }[name];
  Object.defineProperty(made, "length", { value: 1, configurable: true });
  for (const [key, value] of [["name", name], ["message", ""]]) {
    Object.defineProperty(made.prototype, key, { value, writable: true, enumerable: false, configurable: true });
  }
  // Like the errors of the language, these can be created without new.
  return new Proxy(made, { apply: (target, _, args) => new target(...args) });
};

export const CompileError = errorClass("CompileError");
export const LinkError = errorClass("LinkError");
export const RuntimeError = errorClass("RuntimeError");

for (const type of [CompileError, LinkError, RuntimeError]) {
  Object.defineProperty(type.prototype, "constructor", { value: type, writable: true, enumerable: false, configurable: true });
}

const classes = { CompileError, LinkError, RuntimeError, RangeError };

let thrown; // the exception of a function of the script that WebAssembly has called, { error }

// keepThrown stores an exception until checked throws it, after the frames of WebAssembly have ended.
export function keepThrown(error) {
  thrown = { error };
}

// checked returns the result of a host function, or throws its failure: see host_webassembly.go.
export function checked(result) {
  if (result === null) {
    const { error } = thrown;
    thrown = undefined;
    throw error;
  }
  if (typeof result !== "string") return result;
  const end = result.indexOf(":");
  throw new classes[result.slice(0, end)](result.slice(end + 1));
}
