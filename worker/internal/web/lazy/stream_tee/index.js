import { structuredClone } from "shared";
import { acquireBYOBReader, acquireReader, adopt, apply, ByteController, DefaultController, Deferred, enqueue, isolate, Readable } from "lazy/streams";

// tee returns two streams with the chunks of a stream, which it locks (Streams Standard, section 4.9.1, ReadableStreamTee).
// With cloneChunks the second one gets clones of the chunks. The two streams of a byte stream never share memory.
export function tee(stream, cloneChunks = false) {
  const { first, second } = stream.controller instanceof ByteController ? new ByteTee(stream) : new DefaultTee(stream, cloneChunks);
  return [first.stream, second.stream];
}

// Branch is the source of one of the two streams.
class Branch {
  constructor(owner, controllerClass, highWaterMark) {
    this.cancelled = false;
    this.reason = undefined;
    this.readAgain = false; // a chunk is required after the current read
    this.owner = owner;
    this.controller = new controllerClass(new Readable(), this, highWaterMark);
    this.controller.start(undefined);
  }

  get stream() {
    return this.controller.stream;
  }

  pull() {
    this.owner.pull(this);
  }

  cancel(reason) {
    this.cancelled = true;
    this.reason = reason;
    return this.owner.branchCancelled();
  }
}

// Tee is what the sources of both kinds of streams have in common. It is the request of its reads with a default reader. The
// method copyOf(chunk) of its subclasses returns the chunk for the second branch.
class Tee {
  constructor(stream, controllerClass, highWaterMark) {
    this.reading = false; // a read has not completed
    this.cancelResult = new Deferred(); // the result of cancelling the branches
    this.stream = stream;
    this.useReader(acquireReader(stream));
    this.first = new Branch(this, controllerClass, highWaterMark);
    this.second = new Branch(this, controllerClass, highWaterMark);
  }

  // useReader sets the reader. If the stream fails, both branches fail.
  useReader(reader) {
    this.reader = reader;
    reader.closed.upon((_, failed, reason) => {
      if (!failed || reader !== this.reader) return;
      this.first.controller.error(reason);
      this.second.controller.error(reason);
      this.settleCancel();
    }, undefined);
  }

  // pull reads a chunk for both branches, because one of them requires it.
  pull(branch) {
    if (this.reading) {
      branch.readAgain = true;
      return;
    }
    this.reading = true;
    this.read(branch);
  }

  chunk(chunk) {
    enqueue(distribute, this, false, chunk); // a job, so that an error of the stream is seen before its last chunk is
  }

  error() {
    this.reading = false;
  }

  distribute(chunk) {
    this.beginDistribution();
    const { first, second } = this;
    let copy;
    try {
      copy = this.copyOf(chunk);
    } catch (error) {
      return this.fail(error);
    }
    if (!first.cancelled) first.controller.enqueue(chunk);
    if (!second.cancelled) second.controller.enqueue(copy);
    this.finishRead();
  }

  // finishRead ends a read, and begins the next one if one is required.
  finishRead() {
    this.reading = false;
    const branch = this.first.readAgain ? this.first : this.second.readAgain ? this.second : undefined;
    if (branch !== undefined) this.pull(branch);
  }

  beginDistribution() {
    this.first.readAgain = this.second.readAgain = false;
  }

  branchCancelled() {
    const { first, second } = this;
    if (first.cancelled && second.cancelled) adopt(this.cancelResult, this.stream.cancel([first.reason, second.reason]));
    return this.cancelResult;
  }

  settleCancel() {
    if (!this.first.cancelled || !this.second.cancelled) this.cancelResult.resolve();
  }

  // fail ends both branches because a chunk cannot be cloned.
  fail(error) {
    this.first.controller.error(error);
    this.second.controller.error(error);
    adopt(this.cancelResult, this.stream.cancel(error));
  }
}

const distribute = (owner, _, chunk) => owner.distribute(chunk);

// DefaultTee is the Tee of a default stream (section 4.9.1, ReadableStreamDefaultTee).
class DefaultTee extends Tee {
  constructor(stream, cloneChunks) {
    super(stream, DefaultController, 1);
    this.cloneChunks = cloneChunks;
  }

  read() {
    this.reader.read(this);
  }

  close() {
    this.reading = false;
    if (!this.first.cancelled) this.first.controller.close();
    if (!this.second.cancelled) this.second.controller.close();
    this.settleCancel();
  }

  copyOf(chunk) {
    return this.cloneChunks && !this.second.cancelled ? structuredClone(chunk) : chunk;
  }
}

// ByteTee is the Tee of a byte stream (section 4.9.1, ReadableByteStreamTee).
class ByteTee extends Tee {
  constructor(stream) {
    super(stream, ByteController, 0);
  }

  // read reads into the view of a read of the branch, if there is one.
  read(branch) {
    const view = branch.controller.openRequest()?.view;
    if (view === undefined) {
      if (this.reader.byob) this.changeReader(acquireReader);
      this.reader.read(this);
    } else {
      if (!this.reader.byob) this.changeReader(acquireBYOBReader);
      this.reader.readInto(view, 1, new ReadInto(this, branch));
    }
  }

  changeReader(acquire) {
    this.reader.release();
    this.useReader(acquire(this.stream));
  }

  close() {
    this.reading = false;
    for (const { cancelled, controller } of [this.first, this.second]) {
      if (!cancelled) controller.close();
      if (controller.pending.length > 0) controller.respond(0);
    }
    this.settleCancel();
  }

  copyOf(chunk) {
    return this.first.cancelled || this.second.cancelled ? chunk : cloneBytes(chunk);
  }
}

// ReadInto is the request of a read into the view of one branch. The other branch gets a copy.
class ReadInto {
  constructor(owner, branch) {
    this.owner = owner;
    this.branch = branch;
    this.other = branch === owner.first ? owner.second : owner.first;
  }

  chunk(chunk) {
    enqueue(distribute, this, false, chunk);
  }

  close(chunk) {
    const { owner, branch, other } = this;
    owner.reading = false;
    if (!branch.cancelled) branch.controller.close();
    if (!other.cancelled) other.controller.close();
    if (chunk !== undefined) {
      if (!branch.cancelled) branch.controller.respondWithView(chunk);
      if (!other.cancelled && other.controller.pending.length > 0) other.controller.respond(0);
    }
    owner.settleCancel();
  }

  error() {
    this.owner.reading = false;
  }

  distribute(chunk) {
    const { owner, branch, other } = this;
    owner.beginDistribution();
    if (!other.cancelled) {
      let copy;
      try {
        copy = cloneBytes(chunk);
      } catch (error) {
        return owner.fail(error);
      }
      if (!branch.cancelled) branch.controller.respondWithView(chunk);
      other.controller.enqueue(copy);
    } else if (!branch.cancelled) {
      branch.controller.respondWithView(chunk);
    }
    owner.finishRead();
  }
}

const { slice } = ArrayBuffer.prototype;

// cloneBytes returns a copy of the bytes of a view (section 8.3, CloneAsUint8Array).
function cloneBytes({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(apply(slice, buffer, [byteOffset, byteOffset + byteLength]));
}

isolate(Branch, ReadInto, Tee);
