import { blobBytes, DOMException, guard, Headers, host, makeResponse } from "shared";

// The maximum number of object URLs. Each keeps its Blob alive until it is revoked.
const maxObjectURLs = 10_000;

const objects = new Map(); // Blobs by URL
const requested = new WeakMap(); // the Blobs of requests for object URLs

const withoutFragment = (url) => url.split("#", 1)[0];

// createObjectURL returns a URL that stands for a Blob in this worker until it is revoked (File API, section 8).
export function createObjectURL(blob) {
  if (blobBytes(blob) === undefined) throw new TypeError("URL.createObjectURL expects a Blob");
  if (objects.size === maxObjectURLs) {
    throw new DOMException(`There are ${maxObjectURLs} object URLs: release them with URL.revokeObjectURL`, "QuotaExceededError");
  }
  const url = `blob:null/${host.randomUUID()}`;
  objects.set(url, blob);
  return url;
}

export function revokeObjectURL(url) {
  objects.delete(String(url));
}

// remember makes a request for an object URL keep the Blob that the URL stands for now, or that of the request from which it
// was made.
export function remember(request, from) {
  const blob = requested.get(from) ?? objects.get(withoutFragment(request.url));
  if (blob) requested.set(request, blob);
}

// fetchLocal returns the Response to a request for a data: or blob: URL (Fetch Standard, section 4.2).
export function fetchLocal(request) {
  return request.url.startsWith("data:") ? fetchData(request) : fetchObject(request);
}

function fetchData({ url, method }) {
  const data = host.parseDataURL(withoutFragment(url));
  if (!data) throw new TypeError("fetch: the data: URL is invalid: its form is data:TYPE,CONTENT or data:TYPE;base64,CONTENT");
  const body = method === "HEAD" ? null : new Uint8Array(data[1]);
  return respond(url, { "content-type": data[0] }, body);
}

function fetchObject(request) {
  const blob = requested.get(request);
  if (!blob || request.method !== "GET") {
    throw new TypeError(`fetch: ${blob ? "an object URL can only be requested with GET" : "there is no Blob with this object URL: it may have been revoked"}`);
  }
  const bytes = blobBytes(blob);
  const range = request.headers.get("range");
  if (range === null) return respond(request.url, { "content-length": bytes.byteLength, "content-type": blob.type }, bytes);
  const [start, end] = rangeOf(range, bytes.byteLength);
  const headers = { "content-length": end - start, "content-type": blob.type, "content-range": `bytes ${start}-${end - 1}/${bytes.byteLength}` };
  return respond(request.url, headers, bytes.subarray(start, end), 206, "Partial Content");
}

// rangeOf returns the positions at which a range begins and ends.
function rangeOf(range, size) {
  const [, first, last] = /^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/i.exec(range) ?? [];
  const start = first ? Number(first) : Math.max(size - Number(last), 0);
  const end = first && last ? Math.min(Number(last) + 1, size) : size;
  if (!(first || last) || start >= end) throw new TypeError(`fetch: the range ${JSON.stringify(range)} is not within the ${size} bytes of the Blob`);
  return [start, end];
}

function respond(url, fields, body, status = 200, statusText = "OK") {
  return makeResponse({ status, statusText, headers: guard(new Headers(fields), "immutable"), url: withoutFragment(url), body });
}
