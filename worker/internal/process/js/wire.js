import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { runJobs } from "./jobs.js";
import { readAnswer, readEvents, receiveEvents, write } from "./pipes.js";
import { Input, Output } from "./values.js";

// The frames that pass between this process and Linger (docs/dev/worker-protocol.md).

const version = 1;

const HELLO = 0;
const CALL = 1;
const ASK = 2;
const RESULT = 3;
const EXCEPTION = 4;
const HANDLED = 5;

const bufferSize = 64 << 10; // bytes; what waits to be sent is written when it is larger
const longestWait = 2; // milliseconds for which a batch of events may keep what it sends, so that Linger works at the same time
const head = 4; // bytes of the length of a frame

const { performance } = globalThis; // which the application may replace

const output = new Output(4 * bufferSize);
let isFlushRequested = false;
let isHandling = false; // a batch of events is handled

// call calls a function of Linger by its number. The call is sent at the end of the batch of events, or at the end of the turn.
export function call(number, args) {
  append(CALL, number, args);
  if (output.length > bufferSize) flush();
  else if (!isHandling) requestFlush();
}

// ask calls a function of Linger and returns its result, or throws its exception. It blocks until there is an answer.
export function ask(number, args) {
  append(ASK, number, args);
  flush();
  return readResult();
}

function append(kind, number, args) {
  const start = output.begin(kind);
  try {
    output.uint16(number);
    output.values(args);
  } catch (error) {
    output.drop(start);
    throw error;
  }
  output.finish(start);
}

// flush sends what waits to be sent.
export function flush() {
  if (output.length === 0) return;
  write(output.bytes, output.length);
  output.clear();
}

// requestFlush calls flush after the jobs of the promises that are settled.
function requestFlush() {
  if (isFlushRequested) return;
  isFlushRequested = true;
  setImmediate(flushRequested);
}

function flushRequested() {
  isFlushRequested = false;
  endTurn();
  flush();
}

let reportTurnEnd; // reports the end of a turn that has used storage
let usesStorage = false; // the turn has

// onTurnEnd sets the function that reports the end of a turn in which useStorage was called.
export function onTurnEnd(report) {
  reportTurnEnd = report;
}

// useStorage makes the end of the turn known to Linger.
export function useStorage() {
  usesStorage = true;
  if (!isHandling) requestFlush();
}

function endTurn() {
  if (!usesStorage) return;
  usesStorage = false;
  reportTurnEnd();
}

let incoming = Buffer.allocUnsafeSlow(bufferSize); // for a frame that is read with blocking reads
const answer = new Input();

// readResult reads the answer to an ask.
function readResult() {
  const end = readFrame(readAnswer);
  const kind = answer.uint8();
  const value = answer.value();
  const message = kind === EXCEPTION ? answer.value() : undefined;
  if (end > bufferSize) incoming = Buffer.allocUnsafeSlow(bufferSize);
  if (kind === RESULT) return value;
  if (kind === EXCEPTION) throw errorOf(value, message);
  throw new Error(`an answer has the kind ${kind}`);
}

// readFrame reads a frame with blocking reads, begins to read its content with answer, and returns the position of its end.
function readFrame(read) {
  let length = 0;
  while (length < head) length += read(incoming.subarray(0, head), length);
  const end = head + incoming.readUInt32LE(0);
  if (end > incoming.length) incoming = Buffer.allocUnsafeSlow(end);
  while (length < end) length += read(incoming.subarray(0, end), length);
  answer.open(incoming, head);
  return end;
}

const errorClasses = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const { DOMException } = globalThis;

// errorOf returns an exception of Linger: name is that of an error class or of a DOMException.
function errorOf(name, message) {
  const Class = errorClasses[name];
  return Class ? new Class(message) : new DOMException(message, name);
}

let helloLength; // of Linger's hello, in bytes

// readHello waits for Linger's hello and returns the names of its functions. Their positions are their numbers.
export function readHello() {
  helloLength = readFrame(readEvents);
  if (answer.uint8() !== HELLO) throw new Error("the first frame must be a hello");
  const theirs = answer.uint16();
  if (theirs !== version) throw new Error(`Linger uses version ${theirs} of the worker protocol, and this script version ${version}`);
  return answer.value();
}

// sendHello sends the names of the functions that Linger may call, whose positions are their numbers, and the name of the runtime.
export function sendHello(names, runtime) {
  const start = output.begin(HELLO);
  output.uint16(version);
  output.value(names);
  output.value(runtime);
  output.finish(start);
  report(helloLength);
  flush();
}

// serve calls handle(number, args) for each call of Linger. The result is true if nothing happens later because of the call: when that is so for
// a whole batch, what the batch sends is sent at once.
export function serve(handle) {
  const batches = new Batches(handle);
  receiveEvents((chunk, length) => batches.receive(chunk, length));
}

// The frame that is handled: its position in what has arrived, and the position up to which frames are reported as handled.
let position = 0;
let reported = 0;

// reportBegun reports the frames of a batch that have been handled so far, and returns whether another one has begun.
export function reportBegun() {
  if (isHandling && position > reported) report(position - reported);
  reported = position;
  return isHandling;
}

// Batches divides what arrives into frames.
class Batches {
  #handle;
  #input = new Input();
  #part = Buffer.alloc(0); // the beginning of a frame whose rest has not arrived
  #length = 0; // of the part
  #failure; // { error } is what a job has thrown in this batch

  constructor(handle) {
    this.#handle = handle;
  }

  receive(chunk, length) {
    this.#receive(chunk, length);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
  }

  #receive(chunk, length) {
    if (this.#length === 0) return this.#keep(chunk, this.#frames(chunk, length), length);
    this.#append(chunk, length);
    const bytes = this.#part;
    const total = this.#length;
    this.#length = 0;
    this.#keep(bytes, this.#frames(bytes, total), total);
  }

  // runJobs runs the jobs after a frame, and reports whether it has. After an exception the rest of the batch is handled without.
  #runJobs() {
    if (this.#failure) return false;
    try {
      return runJobs();
    } catch (error) {
      this.#failure = { error };
      return false;
    }
  }

  // append appends a chunk to the part. There is room for the whole frame once its length is known.
  #append(chunk, length) {
    const needed = this.#length + length;
    if (needed > this.#part.length) {
      const frame = this.#length >= head ? head + this.#part.readUInt32LE(0) : 0;
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, frame + length, bufferSize));
      this.#part.copy(grown, 0, 0, this.#length);
      this.#part = grown;
    }
    chunk.copy(this.#part, this.#length, 0, length);
    this.#length = needed;
  }

  // keep keeps the bytes of a frame that is not complete.
  #keep(bytes, from, to) {
    this.#length = to - from;
    if (bytes === this.#part) {
      if (from > 0) bytes.copyWithin(0, from, to);
      if (this.#length === 0) this.#part = Buffer.alloc(0); // which may have been large
      return;
    }
    if (this.#length === 0) return;
    this.#length = 0;
    this.#append(bytes.subarray(from, to), to - from);
  }

  // frames handles the complete frames in a buffer, and returns the position of the first frame that is not complete.
  #frames(bytes, end) {
    const input = this.#input;
    let complete = true;
    let start = 0;
    let began = 0;
    reported = 0;
    isHandling = true;
    input.open(bytes, 0);
    while (end - start >= head) {
      input.position = start;
      const next = start + head + input.uint32();
      if (next > end) break;
      position = start;
      if (began === 0) began = performance.now();
      else if (performance.now() - began > longestWait) {
        began = performance.now();
        report(start - reported);
        reported = start;
        flush();
      }
      if (!this.#frame(input, next) && !this.#runJobs()) complete = false;
      else endTurn();
      start = next;
    }
    isHandling = false;
    if (start > reported) report(start - reported);
    if (complete) flush();
    else requestFlush();
    return start;
  }

  // frame handles the frame that the input is at.
  #frame(input, end) {
    const kind = input.uint8();
    if (kind !== CALL) throw new Error(`a frame for this process has the kind ${kind}`);
    const number = input.uint16();
    return this.#handle(number, input.values(end));
  }
}

// report reports bytes of events as handled.
function report(bytes) {
  const start = output.begin(HANDLED);
  output.uint32(bytes);
  output.finish(start);
}
