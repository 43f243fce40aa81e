import { begin, current, expose, host, tag } from "shared";
import { defineCallKind, defineCallTest, pack, unpack } from "./call_value.js";
import { serializeError } from "./remote_error.js";
import { memberOf, missing, notCallable, setExporter, stateOf } from "./rpc_stub.js";
import { sender } from "./rpc_send.js";

// RpcTarget is the superclass of objects that calls pass by reference.
export class RpcTarget {}
tag(RpcTarget);

const exported = new Map(); // what was passed by reference, by number: { target, live, operation }

// newReference returns the number of a new reference to a function or an object of this script. If it belongs to an object, that is kept awake until
// the reference is released.
function newReference(target) {
  const number = host.newReference(sender());
  const operation = begin(() => drop(number));
  exported.set(number, { target, live: current()?.subject, operation });
  return number;
}
setExporter(newReference);

// drop ends a reference that no other script has.
function drop(number) {
  exported.get(number)?.operation.end();
  exported.delete(number);
  host.dropReference(number);
}

// exportTo adds a reference to a function or an object to a value, and returns its index there.
export function exportTo(walk, target) {
  const number = newReference(target);
  walk.cleanups.push(() => drop(number));
  return walk.addReference(number);
}

defineCallTest((value) => (typeof value === "function" && !stateOf(value) ? (walk) => walk.tagged("Function", exportTo(walk, value)) : undefined));
defineCallKind("RpcTarget", RpcTarget.prototype, (walk, target) => walk.tagged("Target", exportTo(walk, target)));

expose("referenceReleased", (number) => {
  const reference = exported.get(number);
  if (!reference) return;
  exported.delete(number);
  const { target, operation } = reference;
  operation.end(() => target[Symbol.dispose]?.());
});

expose("referenceCall", (id, number, ...call) => {
  const reference = exported.get(number);
  if (!reference) return host.thrown(id, serializeError(new Error("The RPC stub is broken: what it refers to has ended"), {}));
  const { target, live } = reference;
  if (live) live.run(id, () => answer(live, id, target, false, ...call));
  else answer(loose, id, target, false, ...call);
});

// loose ends the events of calls that do not belong to an object.
export const loose = {
  end() {},
  fail: (id, error) => host.thrown(id, serializeError(error)),
};

// answer performs a call of a receiver and ends its event. Of a receiver with reserved methods, whose class is known to the runtime, those cannot
// be called.
export async function answer(events, id, receiver, reserved, path, get, text, plain, bodies, references) {
  let stubs = [];
  try {
    let args = [];
    if (!get) ({ value: args, stubs } = unpack(text, plain, bodies, references));
    const parcel = pack(await perform(receiver, reserved, path, get, args));
    parcel.pass(() => host.returned(id, ...parcel.args));
    events.end(id);
  } catch (error) {
    events.fail(id, error);
  } finally {
    for (const stub of stubs) stub.dispose();
  }
}

const reservedNames = new Set(["fetch", "connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup", "constructor"]);

// perform calls the function at a path from a receiver, or returns the property there.
function perform(receiver, reserved, path, get, args) {
  if (reserved && reservedNames.has(path[0])) throw new TypeError(`'${path[0]}' is a reserved method and cannot be called over RPC.`);
  let self = receiver;
  let value = receiver;
  for (let i = 0; i < path.length; i++) {
    const stub = stateOf(value);
    if (stub) return stub.root.send([...stub.path, ...path.slice(i)], get, args);
    self = value;
    value = (reserved && i === 0) || value instanceof RpcTarget ? classMember(value, path[i]) : memberOf(value, path[i]);
  }
  if (get) return value;
  if (typeof value !== "function") throw notCallable(path);
  return Reflect.apply(value, self, args);
}

// classMember returns a method, or the value of a getter, of the class of an object. Own properties are private.
function classMember(object, name) {
  if (Object.hasOwn(object, name) || name in Object.prototype || !(name in object)) throw missing(name);
  return object[name];
}
