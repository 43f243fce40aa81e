import { deserialize } from "web/clone.js";
import { begin } from "web/context.js";
import { DOMException } from "web/exception.js";
import { expose } from "web/host.js";

const pending = new Map(); // requests that are not answered, by number: { resolve, reject, operation, failure }
let lastNumber = 0;

// ask starts a request to other nodes, and returns a promise of the answer. If start returns false there is none, and it is an empty object.
export function ask(start) {
  const number = ++lastNumber;
  const operation = begin(() => pending.delete(number));
  if (operation.refused) return Promise.reject(operation.reason);
  return new Promise((resolve, reject) => {
    pending.set(number, { resolve, reject, operation });
    if (start(number) !== false) return;
    pending.delete(number);
    operation.end(resolve, {});
  });
}

expose("answered", (number, failure, connections, members, cursor, missing, count) => {
  const waiting = pending.get(number);
  if (!waiting) return; // the object that has asked has ended
  pending.delete(number);
  const { resolve, reject, operation } = waiting;
  if (failure === undefined) operation.end(resolve, { connections, members, cursor, missing, count });
  else operation.end(reject, exceptionOf(failure));
});

const exceptionOf = ([name, message]) => (name === "RangeError" ? new RangeError(message) : new DOMException(message, name));

// membersOf returns the members of a channel as a script gets them.
export const membersOf = (list) =>
  list.map(([id, node, data]) => ({ id, node, data: data === undefined ? undefined : deserialize(data) }));
