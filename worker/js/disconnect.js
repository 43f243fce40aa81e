import { AbortController } from "web/abort.js";
import { capture, resume } from "web/context.js";
import { DOMException } from "web/exception.js";
import { expose, host } from "web/host.js";

const watched = new Map(); // { controller, context } of requests whose clients have not disconnected, by the numbers of their events

// watch returns the signal of a request, which aborts when its client disconnects.
export function watch(id) {
  const controller = new AbortController();
  if (host.watch(id)) controller.abort(gone());
  else watched.set(id, { controller, context: capture() });
  return controller.signal;
}

// unwatch is called when the response is complete.
export function unwatch(id) {
  watched.delete(id);
}

expose("disconnected", (id) => {
  const request = watched.get(id);
  watched.delete(id);
  if (request) resume(request.context, () => request.controller.abort(gone()));
});

const gone = () => new DOMException("The client has disconnected", "AbortError");
