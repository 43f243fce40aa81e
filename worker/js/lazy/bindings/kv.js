import {
  begin,
  current,
  decodeBase64,
  defineBinding,
  encodeBase64,
  expect,
  expose,
  host,
  isLoaded,
  lazy,
  refuse,
  Response,
  secret,
  tag,
  TextDecoder,
  TextEncoder,
} from "shared";

// The limits of KV namespaces, as on the platform.
const maxKey = 512; // bytes of UTF-8
const maxValue = 25 * 1024 * 1024; // bytes
const maxMetadata = 1024; // bytes of JSON
const maxKeys = 100; // keys of a get
const maxList = 1000; // keys of a list
const minTTL = 60; // seconds
const minCacheTTL = 30; // seconds

const pending = new Map(); // writes that are not stored, by number: { resolve, reject, failure, operation }
let lastNumber = 0;

// KvNamespace is a binding to a KV namespace. Reads see the latest value, because the namespace is in this process.
export class KvNamespace {
  #id;

  constructor(key, id) {
    if (key !== secret) refuse("KvNamespace");
    this.#id = id;
  }

  // get returns a promise of the value of a key, null if there is none; for an array of keys, of a Map with their values.
  get(key, options) {
    expect(arguments.length, 1, "get");
    return this.#read(key, options, ({ value }) => value, null);
  }

  // getWithMetadata is get with { value, metadata } instead of a value.
  getWithMetadata(key, options) {
    expect(arguments.length, 1, "getWithMetadata");
    return this.#read(key, options, (entry) => entry, { value: null, metadata: null, cacheStatus: null });
  }

  async put(key, value, options) {
    expect(arguments.length, 2, "put");
    const failure = new Error(); // created here, so that its stack contains the caller
    checkKey(key, "PUT");
    const { expiration, ttl, metadata } = lifetime(options ?? {});
    const bytes = await bytesOf(value);
    if (bytes.byteLength > maxValue) throw failed("PUT", 413, `Value length of ${bytes.byteLength} exceeds limit of ${maxValue}.`);
    return write(failure, (number, from) => host.kvPut(number, from, this.#id, `${key}`, bytes, metadata, expiration, ttl));
  }

  async delete(key) {
    expect(arguments.length, 1, "delete");
    const failure = new Error();
    checkKey(key, "DELETE");
    return write(failure, (number, from) => host.kvDelete(number, from, this.#id, `${key}`));
  }

  // list returns a promise of { keys, list_complete, cursor }, with the keys in the order of their UTF-8.
  async list({ prefix, limit, cursor } = {}) {
    const most = integer(limit) || maxList;
    if (most < 0) throw failed("GET", 400, `Invalid key_count_limit of ${most}. Please specify an integer greater than 0.`);
    if (most > maxList) throw failed("GET", 400, `Invalid key_count_limit of ${most}. Please specify an integer less than ${maxList}.`);
    const after = cursor === undefined || cursor === null || cursor === "" ? "" : keyOfCursor(`${cursor}`);
    const [complete, ...flat] = host.kvList(this.#id, prefix === undefined || prefix === null ? "" : `${prefix}`, after, most);
    const keys = [];
    for (let i = 0; i < flat.length; i += 3) {
      const [name, expiration, metadata] = flat.slice(i, i + 3);
      keys.push({ name, ...(expiration > 0 && { expiration }), ...(metadata !== "" && { metadata: JSON.parse(metadata) }) });
    }
    if (complete) return { keys, list_complete: true, cacheStatus: null };
    return { keys, list_complete: false, cursor: cursorOf(keys.at(-1).name), cacheStatus: null };
  }

  // read reads one key or several. pick chooses what the caller gets of { value, metadata, cacheStatus }; none is for a key without a value.
  async #read(key, options, pick, none) {
    const { type = "text", cacheTtl } = typeof options === "string" ? { type: options } : (options ?? {});
    if (Array.isArray(key)) return this.#readAll(key, type, pick);
    const convert = conversions.get(`${type}`);
    if (!convert) throw new TypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
    checkKey(key, "GET");
    if (cacheTtl !== undefined && cacheTtl !== null && integer(cacheTtl) < minCacheTTL) {
      throw failed("GET", 400, `Invalid cache_ttl of ${integer(cacheTtl)}. Cache TTL must be at least ${minCacheTTL}.`);
    }
    const entry = this.#entry(`${key}`, convert);
    return entry ? pick(entry) : none;
  }

  #readAll(keys, type, pick) {
    if (type !== "text" && type !== "json") throw failed("GET_BULK", 400, `"${type}" is not a valid type. Use "json" or "text"`);
    if (keys.length === 0) throw failed("GET_BULK", 400, "You must request a minimum of 1 key");
    if (keys.length > maxKeys) throw failed("GET_BULK", 400, `You can request a maximum of ${maxKeys} keys`);
    for (const key of keys) checkKey(key, "GET_BULK");
    let size = 0;
    const convert = (bytes) => {
      size += bytes.byteLength;
      if (size > maxValue) throw failed("GET_BULK", 413, "Total size of request exceeds the limit of 25MB");
      return conversions.get(type)(bytes);
    };
    const values = new Map();
    for (const key of keys) {
      const entry = this.#entry(`${key}`, convert);
      values.set(`${key}`, entry ? pick(entry) : null);
    }
    return values;
  }

  // entry returns the entry of a key, undefined if there is none.
  #entry(key, convert) {
    const found = host.kvGet(this.#id, key);
    if (found === undefined) return undefined;
    const [bytes, metadata] = found;
    return { value: convert(new Uint8Array(bytes)), metadata: metadata === "" ? null : JSON.parse(metadata), cacheStatus: null };
  }
}

tag(KvNamespace);

// The types of values that can be read, each with its conversion from bytes.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const conversions = new Map([
  ["text", (bytes) => decoder.decode(bytes)],
  ["json", (bytes) => JSON.parse(decoder.decode(bytes))],
  ["arrayBuffer", (bytes) => bytes.buffer],
  ["stream", (bytes) => new Response(bytes).body],
]);

const encoder = new TextEncoder();

// failed returns the error of a request that the platform refuses.
const failed = (method, status, text) => new Error(`KV ${method} failed: ${status} ${text}`);

function checkKey(given, method) {
  const key = `${given}`;
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
  const { length } = encoder.encode(key);
  if (length > maxKey) throw failed(method, 414, `UTF-8 encoded length of ${length} exceeds key length limit of ${maxKey}.`);
}

// integer converts an option to a number as Web IDL does: what is not a number is 0.
const integer = (value) => (value === undefined || value === null ? 0 : Math.trunc(Number(value)) || 0);

// lifetime returns the metadata of a value as JSON, "" for none, and when it ends: its expiration in seconds since 1970 or its time to live in
// seconds, 0 for neither.
function lifetime({ expiration, expirationTtl, metadata }) {
  const text = metadata === undefined || metadata === null ? "" : JSON.stringify(metadata);
  const { length } = encoder.encode(text);
  if (length > maxMetadata) throw failed("PUT", 413, `Metadata length of ${length} exceeds limit of ${maxMetadata}.`);
  if (expirationTtl !== undefined && expirationTtl !== null) return { metadata: text, expiration: 0, ttl: ttlOf(expirationTtl) };
  return { metadata: text, expiration: expiration === undefined || expiration === null ? 0 : expirationOf(expiration), ttl: 0 };
}

function ttlOf(given) {
  const ttl = integer(given);
  if (ttl <= 0) throw failed("PUT", 400, `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`);
  if (ttl < minTTL) throw failed("PUT", 400, `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least ${minTTL}.`);
  return ttl;
}

function expirationOf(given) {
  const [at, now] = [integer(given), Math.floor(Date.now() / 1000)];
  if (at <= now) throw failed("PUT", 400, `Invalid expiration of ${at}. Please specify integer greater than the current number of seconds since the UNIX epoch.`);
  if (at < now + minTTL) throw failed("PUT", 400, `Invalid expiration of ${at}. Expiration times must be at least ${minTTL} seconds in the future.`);
  return at;
}

// bytesOf returns a value as bytes.
async function bytesOf(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice());
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (isStream(value)) return readAll(value.getReader());
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    throw new TypeError("KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.");
  }
  return encoder.encode(`${value}`);
}

// isStream reports whether a value is a ReadableStream. Without the bundle of streams there are none.
const isStream = (value) => typeof value === "object" && value !== null && isLoaded("streams") && Boolean(lazy("bodies").readableState(value));

// readAll returns the content of a stream of bytes.
async function readAll(reader) {
  const chunks = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { byteLength } = next.value;
    if (byteLength === undefined) throw await cancelled(reader, new TypeError("KV put() received a chunk that is not an ArrayBuffer or a view of one."));
    length += byteLength;
    if (length > maxValue) throw await cancelled(reader, failed("PUT", 413, `Value length of ${length} exceeds limit of ${maxValue}.`));
    chunks.push(await bytesOf(next.value));
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

// cancelled cancels a stream because of an error, and returns the error.
async function cancelled(reader, error) {
  await reader.cancel(error);
  return error;
}

// A cursor is the last key of a list, in a form that is safe in URLs.
const cursorPrefix = "after:";
const cursorOf = (key) => encodeBase64(encoder.encode(cursorPrefix + key), true);

function keyOfCursor(cursor) {
  try {
    const text = decoder.decode(decodeBase64(cursor, true));
    if (text.startsWith(cursorPrefix)) return text.slice(cursorPrefix.length);
  } catch {
    // The error below names the reason.
  }
  throw failed("GET", 400, "Invalid cursor.");
}

// write starts a write in Go, and returns a promise that is fulfilled when it is stored.
function write(failure, start) {
  const number = ++lastNumber;
  const operation = begin(() => pending.delete(number));
  if (operation.refused) return Promise.reject(operation.reason);
  return new Promise((resolve, reject) => {
    pending.set(number, { resolve, reject, failure, operation });
    start(number, current()?.subject?.number ?? 0);
  });
}

expose("kvWritten", (number, message) => {
  const waiting = pending.get(number);
  if (!waiting) return; // the object that has written has ended
  pending.delete(number);
  const { resolve, reject, failure, operation } = waiting;
  if (message === "") return operation.end(resolve);
  Object.defineProperty(failure, "message", { value: message, writable: true, configurable: true });
  operation.end(reject, failure);
});

defineBinding("kv", ({ id }) => new KvNamespace(secret, id));
