import { AbortController } from "web/abort.js";
import { DOMException } from "web/exception.js";
import { expose, host } from "web/host.js";

const watched = new Map(); // AbortControllers of requests whose clients have not disconnected, by the numbers of their events

// watch returns the signal of a request, which aborts when its client disconnects.
export function watch(id) {
  const controller = new AbortController();
  if (host.watch(id)) controller.abort(gone());
  else watched.set(id, controller);
  return controller.signal;
}

// unwatch is called when the response is complete.
export function unwatch(id) {
  watched.delete(id);
}

expose("disconnected", (id) => {
  const controller = watched.get(id);
  watched.delete(id);
  controller?.abort(gone());
});

const gone = () => new DOMException("The client has disconnected", "AbortError");
