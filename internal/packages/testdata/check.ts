// A scenario is an application that checks what a package does. run answers each request with the results of all checks.

export interface Result { name: string; error?: string }

/** Runs checks, one after the other, at each request. The response is a JSON array of their results. */
export function run(checks: Record<string, (request: Request) => unknown>) {
  addEventListener("fetch", (event) => event.respondWith(respond(checks, event.request)));
}

async function respond(checks: Record<string, (request: Request) => unknown>, request: Request) {
  const results: Result[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(request);
      results.push({ name });
    } catch (error: any) {
      results.push({ name, error: String(error?.stack ?? error) });
    }
  }
  return Response.json(results);
}

/** Throws unless two values have the same structure. */
export function equal(got: unknown, want: unknown) {
  const path = difference(got, want, "");
  if (path !== undefined) throw new Error(`the value${path} is ${print(got)}, expected ${print(want)}`);
}

/** Throws unless a condition holds. */
export function holds(condition: unknown, expected: string) {
  if (!condition) throw new Error(`expected ${expected}`);
}

/** Throws unless a call, or its promise, fails with an error whose message contains a text. */
export async function fails(call: () => unknown, text: string) {
  let value;
  try {
    value = await call();
  } catch (error: any) {
    const message = String(error?.message ?? error);
    if (message.includes(text)) return;
    throw new Error(`the error is ${JSON.stringify(message)}, expected one with ${JSON.stringify(text)}`, { cause: error });
  }
  throw new Error(`the value is ${print(value)}, expected an error with ${JSON.stringify(text)}`);
}

function print(value: unknown) {
  return JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v instanceof Map || v instanceof Set ? [...v] : v)) ?? String(value);
}

// difference returns the path of the first difference, or undefined.
function difference(got: any, want: any, path: string): string | undefined {
  if (Object.is(got, want)) return undefined;
  if (typeof got !== "object" || typeof want !== "object" || !got || !want) return path;
  if (tag(got) !== tag(want)) return path;
  if (want instanceof Date) return got.getTime() === want.getTime() ? undefined : path;
  if (want instanceof Map || want instanceof Set) return difference([...got], [...want], path);
  const names = Object.keys(want);
  if (Object.keys(got).length !== names.length) return path;
  for (const name of names) {
    if (!Object.hasOwn(got, name)) return `${path}.${name}`;
    const found = difference(got[name], want[name], `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const tag = (value: object) => Object.prototype.toString.call(value);
