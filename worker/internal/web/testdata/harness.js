// The functions with which the cases of a file are defined and run, and assertions for them. For each case Go calls start(i),
// and then result(i) until the result is not undefined. The result is "" or the text of an error.
const cases = [];
const results = [];

globalThis.test = (name, run) => cases.push({ name, run });
globalThis.names = () => cases.map((c) => c.name);
globalThis.result = (i) => results[i];

globalThis.start = (i) => {
  new Promise((resolve) => resolve(cases[i].run())).then(
    () => (results[i] = ""),
    (error) => (results[i] = `${error?.name}: ${error?.message}\n${error?.stack ?? ""}`),
  );
};

const show = (value) => {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name} ${show([...value])}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return `${value.constructor.name} [${Array.from(value).join()}]`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer [${Array.from(new Uint8Array(value)).join()}]`;
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof RegExp || value instanceof Error) return String(value);
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => (i in value ? show(item) : "hole")).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).map((key) => `${key}: ${show(value[key])}`).join(", ")}}`;
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
};

globalThis.equal = (actual, expected, what = "the value") => {
  const [got, want] = [show(actual), show(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
};

globalThis.ok = (condition, what) => {
  if (!condition) throw new Error(what);
};

// checkError checks that an error has a name and that its message contains words. throws and rejects check the exception of
// a function and the rejection of a promise.
const checkError = (error, name, words) => {
  ok(error !== undefined, `got no exception, want a ${name}`);
  equal(error.name, name, "the name of the error");
  if (words) ok(error.message.includes(words), `the message "${error.message}" does not contain "${words}"`);
  return error;
};

globalThis.throws = (run, name, words) => {
  let thrown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  return checkError(thrown, name, words);
};

globalThis.rejects = async (promise, name, words) => checkError(await promise.then(() => undefined, (error) => error), name, words);
globalThis.sleep = (delay) => new Promise((resolve) => setTimeout(resolve, delay));
