import { deserialize, serialize } from "web/clone.js";
import { begin, current } from "web/context.js";
import { refuse, secret, tag } from "web/define.js";
import { expose, host } from "web/host.js";
import { Request } from "web/request.js";
import { send } from "./outgoing_fetch.js";
import { remoteError } from "./remote_error.js";

// DurableObjectStub sends requests and calls to an object. Every property that it does not have is a method of the object.
export class DurableObjectStub {
  #class;

  constructor(key, className, id) {
    if (key !== secret) refuse("DurableObjectStub");
    this.#class = className;
    this.id = id;
    if (id.name !== undefined) this.name = id.name;
  }

  static fetch(stub, input, init) {
    const failure = new Error("fetch failed"); // created here, so that its stack contains the caller
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    return send(request, failure, (number, { method, url }, headers, body) =>
      host.fetchObject(number, sender(), stub.#class, String(stub.id), stub.id.name ?? "", method, url, headers, ...body),
    );
  }

  static call(stub, method, args) {
    const failure = new Error(); // created here, so that its stack contains the caller
    const number = ++lastNumber;
    const operation = begin(() => pending.delete(number));
    if (operation.refused) return Promise.reject(operation.reason);
    try {
      host.callObject(number, sender(), stub.#class, String(stub.id), stub.id.name ?? "", method, serialize(args));
    } catch (error) {
      operation.end();
      throw error;
    }
    return new Promise((resolve, reject) => pending.set(number, { resolve, reject, failure, operation }));
  }
}

const { fetch, call } = DurableObjectStub;
delete DurableObjectStub.fetch;
delete DurableObjectStub.call;
tag(DurableObjectStub);

// sender returns the number of the object whose code runs, 0 for none.
const sender = () => current()?.subject.number ?? 0;

const pending = new Map(); // calls without a result, by number: { resolve, reject, failure, operation }
let lastNumber = 0;

const members = {
  get(stub, name) {
    if (name in stub || typeof name === "symbol" || name === "then") return Reflect.get(stub, name);
    if (name === "fetch") return async (input, init) => fetch(stub, input, init);
    return (...args) => call(stub, name, args);
  },
};

// stubOf returns a stub of an object.
export const stubOf = (className, id) => new Proxy(new DurableObjectStub(secret, className, id), members);

expose("called", (number, value, thrown, failed) => {
  const call = pending.get(number);
  if (!call) return; // the object that has called has ended
  pending.delete(number);
  const { resolve, reject, failure, operation } = call;
  if (failed !== "") {
    Object.defineProperty(failure, "message", { value: failed, writable: true, configurable: true });
    operation.end(reject, failure);
  } else if (thrown) operation.end(reject, remoteError(value));
  else operation.end(resolve, deserialize(value));
});
