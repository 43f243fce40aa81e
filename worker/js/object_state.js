import { expect, refuse, secret, tag } from "web/define.js";
import { extendWorker } from "./extendable.js";
import { exported } from "./object_namespace.js";
import { toPromise } from "./settle.js";
import { DurableObjectStorage } from "./storage.js";

// DurableObjectState is the ctx of an object.
export class DurableObjectState {
  #live;
  #storage;
  id;
  props = {};
  exports = exported;

  constructor(key, live, id) {
    if (key !== secret) refuse("DurableObjectState");
    this.#live = live;
    this.id = id;
  }

  get storage() {
    return (this.#storage ??= new DurableObjectStorage(secret, this.#live));
  }

  // waitUntil prevents the object from being evicted until the promise has settled.
  waitUntil(promise) {
    expect(arguments.length, 1, "waitUntil");
    const work = toPromise(promise);
    this.#live.owner.holdUntil(work);
    extendWorker(work);
  }

  // blockConcurrencyWhile calls callback, and delivers no event until its promise has settled. If it fails, the object is reset.
  blockConcurrencyWhile(callback) {
    if (typeof callback !== "function") {
      return Promise.reject(new TypeError("Failed to execute 'blockConcurrencyWhile' on 'DurableObjectState': parameter 1 is not of type 'function'."));
    }
    return this.#live.block(callback);
  }

  // abort resets the object. The code after it does not run: it does not return to code of the object, and throws elsewhere.
  abort(reason = "Application called abort() to reset Durable Object.") {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.#live.reset(error);
    this.#live.owner.stop();
    throw error;
  }
}

tag(DurableObjectState);
