import { begin, deserialize, expose, host, refuse, secret, serialize, tag } from "shared";
import { SqlStorage } from "./storage_sql.js";

// mistyped returns the error for an argument of a wrong type.
export const mistyped = (method, type, name = "DurableObjectStorage") =>
  new TypeError(`Failed to execute '${method}' on '${name}': parameter 1 is not of type '${type}'.`);

// Keys has the operations on keys and values that storage and transactions share.
class Keys {
  #object; // the number of the object
  #check; // throws if method may not be called

  constructor(object, check = () => {}) {
    this.#object = object;
    this.#check = check;
  }

  get(given, key) {
    if (given === 0) throw mistyped("get", "string or Array");
    this.#check("get");
    if (!Array.isArray(key)) return valueOf(host.storageGet(this.#object, [`${key}`])[0]);
    const keys = [...new Set(key.map(String))].sort(byBytes);
    const values = host.storageGet(this.#object, keys);
    return new Map(keys.flatMap((name, i) => (values[i] === undefined ? [] : [[name, deserialize(values[i])]])));
  }

  put(given, key, value, options) {
    if (given === 0 || key === undefined) throw mistyped("put", "string or object");
    this.#check("put");
    if (typeof key === "object" && key !== null) {
      const entries = Object.entries(key).filter(([, each]) => each !== undefined);
      return this.#put(entries, value);
    }
    if (value === undefined) throw new TypeError("put() called with undefined value.");
    this.#put([[`${key}`, value]], options);
  }
  #put(entries, options) {
    const texts = entries.map(([, value]) => serialize(value));
    if (entries.length > 0) host.storagePut(this.#object, isUnconfirmed(options), entries.map(([key]) => key), texts);
  }

  delete(key, options) {
    if (key === undefined) throw mistyped("delete", "string or Array");
    this.#check("delete");
    if (Array.isArray(key)) return host.storageDelete(this.#object, isUnconfirmed(options), key.map(String));
    return host.storageDelete(this.#object, isUnconfirmed(options), [`${key}`]) > 0;
  }

  list(options) {
    this.#check("list");
    return new Map(entriesOf(this.#object, options));
  }

  deleteAll(options) {
    this.#check("deleteAll");
    host.storageDeleteAll(this.#object, isUnconfirmed(options), Boolean(options?.keepAlarm));
  }

  getAlarm() {
    this.#check("getAlarm");
    return host.storageAlarm(this.#object);
  }
  setAlarm(time, options, hasHandler) {
    this.#check("setAlarm");
    if (typeof time !== "number" && !(time instanceof Date)) throw mistyped("setAlarm", "date");
    const at = Number(time);
    if (!Number.isFinite(at)) throw new TypeError("The value cannot be converted because it is not a valid Date.");
    if (!hasHandler) throw new TypeError("Your Durable Object class must have an alarm() handler in order to call setAlarm()");
    if (at <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
    host.storageSetAlarm(this.#object, isUnconfirmed(options), Math.trunc(at));
  }
  deleteAlarm(options) {
    this.#check("deleteAlarm");
    host.storageDeleteAlarm(this.#object, isUnconfirmed(options));
  }
}

const isUnconfirmed = (options) => Boolean(options?.allowUnconfirmed);

const valueOf = (text) => (text === undefined ? undefined : deserialize(text));

// byBytes orders strings by their UTF-8, which is the order of their code points.
function byBytes(a, b) {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i].codePointAt(0) - y[i].codePointAt(0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

// entriesOf returns the keys and values that the options of list select.
export function entriesOf(object, options) {
  const { prefix = "", start, startAfter, end, reverse = false, limit } = options ?? {};
  if (start !== undefined && startAfter !== undefined) throw new TypeError("list() cannot be called with both start and startAfter values.");
  const count = limit === undefined ? 0 : Math.trunc(Number(limit));
  if (limit !== undefined && !(count > 0)) throw new TypeError("List limit must be positive.");
  const flat = host.storageList(object, `${prefix}`, `${start ?? ""}`, `${startAfter ?? ""}`, end === undefined ? undefined : `${end}`, Boolean(reverse), count);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], deserialize(flat[2 * i + 1])]);
}

// DurableObjectStorage is the storage of an object. What a turn writes is one transaction, and nothing leaves the object before it is durable. Reading does
// not take another turn.
export class DurableObjectStorage {
  #live;
  #keys;

  constructor(key, live) {
    if (key !== secret) refuse("DurableObjectStorage");
    this.#live = live;
    this.#keys = new Keys(live.number);
    this.sql = new SqlStorage(secret, live.number);
    this.kv = new SyncKvStorage(secret, live.number);
  }

  async get(key) {
    return this.#keys.get(arguments.length, key);
  }
  async put(key, value, options) {
    return this.#keys.put(arguments.length, key, value, options);
  }
  delete(key, options) {
    if (key === undefined) throw mistyped("delete", "string or Array");
    return attempt(() => this.#keys.delete(key, options));
  }
  async list(options) {
    return this.#keys.list(options);
  }
  async deleteAll(options) {
    this.#keys.deleteAll(options);
  }
  async getAlarm() {
    return this.#keys.getAlarm();
  }
  async setAlarm(time, options) {
    this.#keys.setAlarm(time, options, this.#live.hasAlarm);
  }
  async deleteAlarm(options) {
    this.#keys.deleteAlarm(options);
  }

  // sync returns a promise that is fulfilled when everything that was written is durable.
  async sync() {
    const number = ++lastSync;
    const failure = new Error(); // created here, so that its stack contains the caller
    return new Promise((resolve, reject) => {
      syncs.set(number, { operation: begin(reject), resolve, reject, failure });
      host.storageSync(this.#live.number, number);
    });
  }

  // transaction calls closure(txn) as a critical section, in a transaction that is undone if closure fails or calls txn.rollback().
  async transaction(closure) {
    if (typeof closure !== "function") throw mistyped("transaction", "function");
    const { number } = this.#live;
    return this.#live.owner.block(async () => {
      host.storageBegin(number);
      const txn = new DurableObjectTransaction(secret, this.#live);
      try {
        const result = await closure(txn);
        end(txn, true);
        return result;
      } catch (error) {
        end(txn, false);
        throw error;
      }
    });
  }

  // transactionSync calls closure in a transaction that is undone if closure throws.
  transactionSync(closure) {
    if (typeof closure !== "function") throw mistyped("transactionSync", "function");
    const { number } = this.#live;
    host.storageBegin(number);
    let result;
    try {
      result = closure();
    } catch (error) {
      host.storageRollback(number);
      throw error;
    }
    host.storageRelease(number);
    return result;
  }

  async getCurrentBookmark() {
    throw noRecovery();
  }
  async getBookmarkForTime() {
    throw noRecovery();
  }
  async onNextSessionRestoreBookmark() {
    throw noRecovery();
  }
}

const noRecovery = () => new Error("This Durable Object's storage back-end does not implement point-in-time recovery.");

// attempt returns a promise of the result of a function.
async function attempt(fn) {
  return fn();
}

let end;

// DurableObjectTransaction is an argument of the closure of transaction.
export class DurableObjectTransaction {
  #live;
  #keys;
  #ended = false;

  static {
    end = (txn, keep) => txn.#end(keep);
  }

  constructor(key, live) {
    if (key !== secret) refuse("DurableObjectTransaction");
    this.#live = live;
    this.#keys = new Keys(live.number, (method) => {
      if (this.#ended) throw new Error(`Cannot ${method}() on rolled back transaction`);
    });
  }

  async get(key) {
    return this.#keys.get(arguments.length, key);
  }
  async put(key, value, options) {
    return this.#keys.put(arguments.length, key, value, options);
  }
  async delete(key, options) {
    return this.#keys.delete(key, options);
  }
  async list(options) {
    return this.#keys.list(options);
  }
  async deleteAll() {
    throw new Error("Cannot call deleteAll() within a transaction");
  }
  async getAlarm() {
    return this.#keys.getAlarm();
  }
  async setAlarm(time, options) {
    this.#keys.setAlarm(time, options, this.#live.hasAlarm);
  }
  async deleteAlarm(options) {
    this.#keys.deleteAlarm(options);
  }

  // rollback undoes what the transaction has written. Its other methods may not be called afterwards.
  rollback() {
    this.#end(false);
  }

  #end(keep) {
    if (this.#ended) return;
    this.#ended = true;
    if (keep) host.storageRelease(this.#live.number);
    else host.storageRollback(this.#live.number);
  }
}

// SyncKvStorage has the keys and values of storage, without promises.
export class SyncKvStorage {
  #object;
  #keys;

  constructor(key, object) {
    if (key !== secret) refuse("SyncKvStorage");
    this.#object = object;
    this.#keys = new Keys(object);
  }

  get(key) {
    return this.#keys.get(1, `${key}`);
  }
  put(key, value) {
    host.storagePut(this.#object, false, [`${key}`], [serialize(value)]);
  }
  delete(key) {
    return this.#keys.delete(`${key}`);
  }
  list(options) {
    return entriesOf(this.#object, options).values();
  }
}

tag(DurableObjectStorage, DurableObjectTransaction, SyncKvStorage);

const syncs = new Map(); // calls of sync, by number
let lastSync = 0;

expose("synced", (number, failed) => {
  const { operation, resolve, reject, failure } = syncs.get(number);
  syncs.delete(number);
  if (failed === "") return operation.end(resolve);
  Object.defineProperty(failure, "message", { value: failed, writable: true, configurable: true });
  operation.end(reject, failure);
});
