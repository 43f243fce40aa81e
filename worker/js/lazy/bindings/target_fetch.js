import { bodyContent, Headers, host, Request, send, URL } from "shared";
import { sender } from "./rpc_send.js";

const maxRedirects = 20; // Fetch Standard, section 4.4
const redirects = new Set([301, 302, 303, 307, 308]);

// fetchFrom sends a request to an object or an entry point, which gets the requests after its redirects too.
export async function fetchFrom(target, request) {
  const failure = new Error("fetch failed"); // created here, so that its stack contains the caller
  const from = sender();
  for (let followed = 0; ; followed++) {
    const body = copyOf(request);
    const response = await send(request, failure, (number, { method, url }, headers, content) =>
      host.fetchFrom(number, from, ...target, method, url, headers, followed > 0, ...content),
    );
    const location = redirects.has(response.status) ? response.headers.get("location") : null;
    if (location === null || request.redirect === "manual") return response;
    if (request.redirect === "error") throw failed("the answer is a redirect, which the request does not allow");
    if (followed === maxRedirects) throw failed(`there are more than ${maxRedirects} redirects`);
    response.body?.cancel();
    request = next(request, response.status, location, body);
  }
}

// copyOf returns the body of a request as text or bytes, for the case that it is sent again. It returns undefined for a stream.
function copyOf(request) {
  const content = request.redirect === "follow" ? bodyContent(request) : null;
  if (content === null) return null;
  return content.isWhole ? content.copy().take() : undefined;
}

// next returns the request for a redirect (Fetch Standard, section 4.4).
function next(request, status, location, body) {
  const asGet = status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST";
  const headers = new Headers(request.headers);
  if (asGet) for (const name of ["content-encoding", "content-language", "content-location", "content-type", "content-length"]) headers.delete(name);
  if (!asGet && body === undefined) throw failed("the body of the request is a stream, which cannot be sent again for a redirect");
  return new Request(new URL(location, request.url), {
    method: asGet ? "GET" : request.method,
    headers,
    body: asGet ? null : body,
    redirect: request.redirect,
    signal: request.signal,
  });
}

const failed = (reason) => new TypeError(`fetch failed: ${reason}`);
