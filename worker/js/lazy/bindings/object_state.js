import { expect, extendWorker, host, refuse, secret, tag, toPromise } from "shared";
import {
  getAutoResponse,
  getAutoResponseTimestamp,
  getEventTimeout,
  getTags,
  hibernate,
  setAutoResponse,
  setEventTimeout,
  socketsOf,
} from "./hibernatable.js";
import { exported } from "./object_namespace.js";
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

  // acceptWebSocket accepts an end of a WebSocketPair as a WebSocket that does not prevent the object from being evicted. Its events go to the methods
  // webSocketMessage, webSocketClose and webSocketError of the object.
  acceptWebSocket(socket, tags) {
    hibernate(this.#live, socket, tags);
  }
  // getWebSockets returns the WebSockets of acceptWebSocket that are not closed, or those of them that have a tag.
  getWebSockets(tag) {
    return socketsOf(this.#live, tag);
  }
  getTags(socket) {
    return getTags(socket);
  }

  // setWebSocketAutoResponse sets a message, and the response that is sent to it without an event. Without an argument there is none.
  setWebSocketAutoResponse(pair) {
    setAutoResponse(this.#live, pair);
  }
  getWebSocketAutoResponse() {
    return getAutoResponse(this.#live);
  }
  // getWebSocketAutoResponseTimestamp returns the time of the last automatic response on a WebSocket, null if there was none.
  getWebSocketAutoResponseTimestamp(socket) {
    return getAutoResponseTimestamp(socket);
  }

  // setHibernatableWebSocketEventTimeout sets the time in milliseconds in which the events of these WebSockets must be handled. Without an
  // argument it is the default.
  setHibernatableWebSocketEventTimeout(timeout) {
    setEventTimeout(this.#live, timeout);
  }
  getHibernatableWebSocketEventTimeout() {
    return getEventTimeout(this.#live);
  }

  // abort resets the object. The code after it does not run: it does not return to code of the object, and throws elsewhere.
  abort(reason = "Application called abort() to reset Durable Object.") {
    host.abortSockets(this.#live.number);
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.#live.reset(error);
    this.#live.owner.stop();
    throw error;
  }
}

tag(DurableObjectState);
