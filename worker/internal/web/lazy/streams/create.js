import { ByteController } from "./readable_byte.js";
import { DefaultController } from "./readable_default.js";
import { Readable } from "./readable.js";

// createReadable returns the state of a stream whose source is an object of internal code: pull(controller) is called when
// the stream should get a chunk, and cancel(reason) when it is cancelled. Both are optional. The methods of controller are
// enqueue(chunk), close() and error(reason). pull may call them at once or later; if it returns undefined, it is called
// again for the next read, even if it has not called enqueue yet.
export function createReadable(source, highWaterMark) {
  return start(new DefaultController(new Readable(), source, highWaterMark));
}

// createByteReadable is createReadable for a stream of bytes. controller also has enqueueOwned(buffer, byteOffset,
// byteLength), which does not detach the buffer.
export function createByteReadable(source, highWaterMark) {
  return start(new ByteController(new Readable(), source, highWaterMark));
}

function start(controller) {
  controller.prompt = controller.started = true;
  controller.callPullIfNeeded();
  return controller.stream;
}
