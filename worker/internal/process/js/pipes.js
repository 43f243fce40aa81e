import { Buffer } from "node:buffer";
import fs from "node:fs";
import net from "node:net";
import process from "node:process";

// The pipes between this process and Linger (docs/dev/worker-protocol.md). Linger has closed the worker, or has ended, when one of them
// is closed: then this process ends too.

// Deno numbers files itself, so it opens the descriptors by their names.
const open = (descriptor, flags) => (globalThis.Deno ? fs.openSync(`/dev/fd/${descriptor}`, flags) : descriptor);

const events = open(3, "r");
const results = open(4, "w");
const answers = open(5, "r");

const chunkSize = 256 << 10; // bytes

// write writes the first length bytes of a buffer. It blocks until Linger has room for them.
export function write(buffer, length) {
  if (ending) return;
  let written = 0;
  while (written < length) written += attempt(() => fs.writeSync(results, buffer, written, length - written));
}

// readAnswer reads some bytes of an answer into a buffer from position on, and returns their number. It blocks until there are any.
export const readAnswer = (buffer, position) => read(answers, buffer, position);

// readEvents is readAnswer for the pipe of events. It must not be called after receiveEvents.
export const readEvents = (buffer, position) => read(events, buffer, position);

function read(descriptor, buffer, position) {
  const n = attempt(() => fs.readSync(descriptor, buffer, position, buffer.length - position, null));
  if (n === 0) end();
  return n;
}

// receiveEvents calls receive(buffer, length) with each chunk of events. The buffer is used again afterwards.
export function receiveEvents(receive) {
  if (globalThis.Bun) return void receiveStream(receive);
  const buffer = Buffer.allocUnsafeSlow(chunkSize);
  const callback = (length) => {
    receive(buffer, length);
    return true;
  };
  const socket = new net.Socket({ fd: 3, readable: true, writable: false, onread: { buffer, callback } });
  socket.on("end", end);
  socket.on("error", end);
}

// receiveStream is receiveEvents for Bun, in which a socket cannot be made of a pipe.
async function receiveStream(receive) {
  for await (const chunk of globalThis.Bun.file(3).stream()) {
    receive(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), chunk.byteLength);
  }
  end();
}

const pause = new Int32Array(new SharedArrayBuffer(4));

// attempt calls a function that reads or writes until the pipe is ready for it.
function attempt(transfer) {
  for (;;) {
    try {
      return transfer();
    } catch (error) {
      if (error.code !== "EAGAIN" && error.code !== "EINTR") end();
      Atomics.wait(pause, 0, 0, 1); // the other side has made the pipe non-blocking
    }
  }
}

let ending = false;

// end ends this process. What its exit listeners send is dropped.
function end() {
  ending = true;
  process.exit(0);
}
