// ByteQueue is the queue of a byte stream (Streams Standard, section 4.7.2). Its entries are parts of ArrayBuffers that no
// other code uses. They are in one array, so that an entry needs no object.
export class ByteQueue {
  constructor() {
    this.total = 0; // bytes
    this.items = []; // for each entry the buffer, the offset of its first byte, and the number of bytes
    this.head = 0; // the index of the first entry
  }

  push(buffer, byteOffset, byteLength) {
    this.items.push(buffer, byteOffset, byteLength);
    this.total += byteLength;
  }

  // shift removes the first entry and returns its bytes.
  shift() {
    const { items, head } = this;
    const bytes = new Uint8Array(items[head], items[head + 1], items[head + 2]);
    this.drop(bytes.length);
    return bytes;
  }

  // read moves bytes from the queue to target, which must not be longer than the queue.
  read(target) {
    const { items } = this;
    for (let written = 0; written < target.length; ) {
      const { head } = this;
      const count = Math.min(items[head + 2], target.length - written);
      target.set(new Uint8Array(items[head], items[head + 1], count), written);
      written += count;
      this.drop(count);
    }
  }

  clear() {
    this.items = [];
    this.total = this.head = 0;
  }

  // drop removes bytes at the beginning of the first entry, and the entry if it is then empty.
  drop(count) {
    const { items, head } = this;
    this.total -= count;
    if (count < items[head + 2]) {
      items[head + 1] += count;
      items[head + 2] -= count;
      return;
    }
    items[head] = undefined;
    this.head = head + 3;
    if (this.head === items.length) {
      items.length = this.head = 0;
    } else if (this.head >= 1536 && this.head * 2 >= items.length) {
      items.splice(0, this.head);
      this.head = 0;
    }
  }
}
