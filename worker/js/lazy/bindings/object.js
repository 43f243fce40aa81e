import {
  clearTimeout,
  enter,
  env,
  Exchange,
  expose,
  host,
  makeRequest,
  outside,
  Owner,
  receivedBody,
  report,
  secret,
  startTimer,
  toPromise,
  traced,
  watch,
} from "shared";
import { DurableObject } from "./entrypoint.js";
import { boundClasses, DurableObjectId } from "./object_namespace.js";
import { DurableObjectState } from "./object_state.js";
import { serializeError } from "./remote_error.js";
import { answer } from "./rpc_receive.js";

const classes = new Map(); // the classes of objects by their names
const objects = new Map(); // the objects of this engine by their numbers

// defineClasses sets the classes of objects, which are exports of the application.
export function defineClasses(namespace) {
  for (const [name, binding] of boundClasses()) {
    if (typeof namespace[name] !== "function") {
      throw new TypeError(`The binding ${binding} needs the class ${name}, which the application does not export`);
    }
    classes.set(name, namespace[name]);
  }
}

// The time in milliseconds in which the callback of blockConcurrencyWhile must complete.
const maxBlock = 30000;
const blockedTooLong =
  "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.";

// resetMarks are the properties of the error of an event whose object is reset.
const resetMarks = { durableObjectReset: true };

const evicted = new Error("The Durable Object has been evicted");

// LiveObject is an object that has been constructed in this engine.
class LiveObject {
  number;
  id;
  Class;
  owner = new Owner(this); // of the code of the instance
  events = new Set(); // the numbers of the events in progress
  sockets = new Map(); // the WebSocket objects of its hibernatable WebSockets, by their numbers
  maxSockets = 64; // the size of sockets from which on it is cleared of those that have ended
  #instance;

  constructor(number, className, id, name) {
    this.number = number;
    this.id = id;
    const state = new DurableObjectState(secret, this, new DurableObjectId(secret, className, id, name === "" ? undefined : name));
    objects.set(number, this);
    this.Class = classes.get(className);
    enter(this.owner, () => {
      this.#instance = new this.Class(state, env);
    });
  }

  // run calls handle(instance) as an event of the object, once the input gate is open. The event ends with end(id).
  run(id, handle) {
    this.events.add(id);
    if (this.owner.ended) return this.interrupt(); // the constructor has called abort
    this.owner.deliver(() => {
      if (this.events.has(id)) traced(id, handle, this.#instance);
    });
  }

  // block calls callback as a critical section. If it fails or takes too long, the object is reset.
  block(callback) {
    let limit;
    const section = this.owner.block(() => {
      limit = outside(startTimer, () => this.reset(new Error(blockedTooLong)), maxBlock);
      return callback();
    });
    const unlimited = () => clearTimeout(limit);
    section.then(unlimited, (error) => {
      unlimited();
      this.reset(error);
    });
    return section;
  }

  // end reports that an event is complete.
  end(id) {
    this.events.delete(id);
  }

  // fail ends an event with an exception.
  fail(id, error) {
    if (this.events.delete(id)) throwTo(id, error, { durableObjectId: this.id, remote: true });
  }

  // reset drops the object, whose next event constructs it again. Its events in progress fail.
  reset(error) {
    if (objects.get(this.number) !== this) return;
    this.owner.end(error);
    this.interrupt();
    this.drop();
  }

  // interrupt ends the events in progress of an object that is reset.
  interrupt() {
    for (const id of this.events) throwTo(id, this.owner.reason, resetMarks);
    this.events.clear();
  }

  // drop forgets the object. Nothing refers to its instance any more, so that the memory is freed at once.
  drop() {
    objects.delete(this.number);
    this.owner.end(evicted);
    this.owner.subject = this.#instance = undefined;
    host.evicted(this.number);
  }

  // hasAlarm is whether the class has a method for alarms.
  get hasAlarm() {
    return typeof this.Class.prototype.alarm === "function";
  }

  get isIdle() {
    return this.events.size === 0 && this.owner.pending === 0;
  }
}

// throwTo ends an event with an exception of its object. The exception is reported if the event has no caller that gets it.
function throwTo(id, error, marks) {
  if (!host.hasCaller(id)) report(id, error);
  host.thrown(id, serializeError(error, marks));
}

// liveObject returns the object for an event, which is constructed if this is its first one. If that fails, the event ends, and the result is
// undefined.
export function liveObject(id, number, names = host.objectNames) {
  const live = objects.get(number);
  if (live) return live;
  try {
    return new LiveObject(number, ...names(number));
  } catch (error) {
    throwTo(id, error, resetMarks);
    objects.get(number)?.drop();
  }
}

// deliver passes an event to an object. handle gets the object and its instance.
function deliver(id, number, className, objectId, name, handle) {
  const live = liveObject(id, number, () => [className, objectId, name]);
  live?.run(id, (instance) => handle(live, instance));
}

expose("objectFetch", (id, number, className, objectId, name, method, url, headers, body) => {
  const request = makeRequest({ method, url, headers, body: receivedBody(body), makeSignal: () => watch(id) });
  deliver(id, number, className, objectId, name, (live, instance) => {
    const failed = (error) => live.fail(id, error);
    if (typeof instance.fetch !== "function") return failed(new Error("Handler does not export a fetch() function."));
    const response = attempt(() => instance.fetch(request));
    new Exchange(id, request, "", false).answerWith(response).then(() => live.end(id), failed);
  });
});

expose("objectCall", (id, number, className, objectId, name, ...call) => {
  deliver(id, number, className, objectId, name, (live, instance) => {
    if (instance instanceof DurableObject) answer(live, id, instance, true, ...call);
    else live.fail(id, new TypeError(noCalls));
  });
});

// The message is that of the Workers runtime.
const noCalls =
  "The receiving Durable Object does not support RPC, because its class was not declared with `extends DurableObject`. In order to enable RPC, make sure " +
  'your class extends the special class `DurableObject`, which can be imported from the module "cloudflare:workers".';

expose("objectAlarm", (id, number, className, objectId, name, scheduledTime, retryCount) => {
  deliver(id, number, className, objectId, name, (live, instance) => {
    attempt(() => instance.alarm({ isRetry: retryCount > 0, retryCount, scheduledTime })).then(
      () => {
        live.end(id);
        host.returned(id, "");
      },
      (error) => live.fail(id, error),
    );
  });
});

expose("objectReset", (number, message) => objects.get(number)?.reset(resetError(message)));

expose("objectIdle", (number) => {
  const live = objects.get(number);
  if (live?.isIdle) live.drop();
  else if (!live) host.evicted(number); // it was reset after its last event
});

// resetError returns the error of the events of an object that is reset.
const resetError = (message) => Object.assign(new Error(message), { durableObjectReset: true });

// attempt returns a promise of the result of a function.
function attempt(fn) {
  try {
    return toPromise(fn());
  } catch (error) {
    return Promise.reject(error);
  }
}
