// The engine's getters of the position of a function. Scripts cannot replace them, and they do not run code of a script.
const [file, line, column] = ["fileName", "lineNumber", "columnNumber"].map((name) => Object.getOwnPropertyDescriptor(Function.prototype, name)?.get);
const { apply } = Reflect;

// positionOf returns file, line and column of a function, or undefined if they are not known.
export function positionOf(fn) {
  const name = typeof fn === "function" ? apply(file, fn, []) : undefined;
  return typeof name === "string" ? [name, apply(line, fn, []), apply(column, fn, [])] : undefined;
}

// notePosition is called when the application passes a function to Linger, for runtimes in which a function does not have its position.
export const notePosition = () => {};
