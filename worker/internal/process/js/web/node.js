const provided = new Map();

// provideModule makes a module of Linger available to the code of the application that the bundler has made.
export function provideModule(name, exports) {
  provided.set(name, exports);
}

// The modules of a bundle call this function for the exports of a module of Linger.
globalThis[Symbol.for("linger.modules")] = (name) => provided.get(name)?.();
