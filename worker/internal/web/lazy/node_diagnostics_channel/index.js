import { reportError } from "shared";
import { checkFunction, wrongType } from "lazy/node_errors";

// Channels are kept for ever. Packages have few of them, with fixed names.
const channels = new Map();

class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber) {
    checkFunction(subscriber, "subscription");
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber) {
    const at = this.#subscribers.indexOf(subscriber);
    if (at < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(at, 1);
    return true;
  }

  bindStore(store, transform = (data) => data) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  // An exception of a subscriber is reported, and the others are still called.
  publish(data) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(data, this.name);
      } catch (error) {
        reportError(error);
      }
    }
  }

  runStores(data, fn, self, ...args) {
    let call = () => {
      this.publish(data);
      return Reflect.apply(fn, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = call;
      call = () => store.run(transform(data), inner);
    }
    return call();
  }
}

function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw wrongType("channel", "a string or a symbol", name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

const events = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(names) {
    for (const event of events) this[event] = typeof names === "string" ? channel(`tracing:${names}:${event}`) : names[event];
  }

  get hasSubscribers() {
    return events.some((event) => this[event]?.hasSubscribers);
  }

  subscribe(handlers) {
    for (const event of events) if (handlers[event]) this[event]?.subscribe(handlers[event]);
  }

  unsubscribe(handlers) {
    return events.map((event) => !handlers[event] || this[event]?.unsubscribe(handlers[event])).every(Boolean);
  }

  traceSync(fn, data = {}, self, ...args) {
    return this.start.runStores(data, () => {
      try {
        return (data.result = Reflect.apply(fn, self, args));
      } catch (error) {
        data.error = error;
        this.error.publish(data);
        throw error;
      } finally {
        this.end.publish(data);
      }
    });
  }

  tracePromise(fn, data = {}, self, ...args) {
    const settled = (settle) => {
      settle();
      this.asyncStart.publish(data);
      this.asyncEnd.publish(data);
    };
    return this.start.runStores(data, () => {
      try {
        return Promise.resolve(Reflect.apply(fn, self, args)).then(
          (result) => {
            settled(() => (data.result = result));
            return result;
          },
          (error) => {
            settled(() => this.#failed(data, error));
            throw error;
          },
        );
      } catch (error) {
        this.#failed(data, error);
        throw error;
      } finally {
        this.end.publish(data);
      }
    });
  }

  traceCallback(fn, position = -1, data = {}, self, ...args) {
    const callback = args.at(position);
    checkFunction(callback, "callback");
    const wrapped = (error, result, ...rest) => {
      if (error) this.#failed(data, error);
      else data.result = result;
      this.asyncStart.runStores(data, () => {
        try {
          return callback(error, result, ...rest);
        } finally {
          this.asyncEnd.publish(data);
        }
      });
    };
    args.splice(position, 1, wrapped);
    return this.start.runStores(data, () => {
      try {
        return Reflect.apply(fn, self, args);
      } catch (error) {
        this.#failed(data, error);
        throw error;
      } finally {
        this.end.publish(data);
      }
    });
  }

  #failed(data, error) {
    data.error = error;
    this.error.publish(data);
  }
}

export const module = {
  Channel, channel, TracingChannel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, subscriber) => channel(name).subscribe(subscriber),
  tracingChannel: (names) => new TracingChannel(names),
  unsubscribe: (name, subscriber) => channel(name).unsubscribe(subscriber),
};
