import { bytesOf, describeBy, DOMException, host, isBuffer, tag } from "shared";
import { WritableStream } from "lazy/writable_streams";

const algorithms = ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"];

// DigestStream computes the digest of what is written to it. It is an extension of Cloudflare Workers.
export class DigestStream extends WritableStream {
  #digest;
  #bytesWritten = 0;

  constructor(algorithm) {
    const given = `${typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm}`;
    const name = algorithms.find((known) => known === given.toUpperCase());
    if (name === undefined) throw new DOMException(`DigestStream does not support ${given}: supported are ${algorithms.join(", ")}`, "NotSupportedError");
    const { promise, resolve, reject } = Promise.withResolvers();
    let state = host.digestStart(name);
    super({
      write: (chunk) => {
        try {
          const bytes = bytesOfChunk(chunk);
          state = host.digestUpdate(name, state, bytes);
          this.#bytesWritten += bytes.byteLength;
        } catch (error) {
          reject(error);
          throw error;
        }
      },
      close: () => resolve(host.digestFinish(name, state)),
      abort: reject,
    });
    promise.catch(() => {}); // a failure is also that of the stream
    this.#digest = promise;
  }

  // digest is a promise of the digest of everything that is written before the stream is closed.
  get digest() {
    return this.#digest;
  }
  get bytesWritten() {
    return this.#bytesWritten;
  }
}

function bytesOfChunk(chunk) {
  if (typeof chunk === "string") return new Uint8Array(host.encode(chunk));
  if (!isBuffer(chunk) && !ArrayBuffer.isView(chunk)) throw new TypeError("A chunk for a DigestStream must be a string, an ArrayBuffer or a view of one");
  return bytesOf(chunk);
}

tag(DigestStream);
describeBy(DigestStream, "locked", "bytesWritten");
