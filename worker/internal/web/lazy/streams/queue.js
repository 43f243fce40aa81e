// Queue is a queue of chunks with their sizes (Streams Standard, section 8.1). Both are in one array, so that a chunk needs
// no object.
export class Queue {
  constructor() {
    this.total = 0; // the sum of the sizes
    this.items = []; // each chunk, followed by its size
    this.head = 0; // the index of the first chunk
  }

  get empty() {
    return this.head === this.items.length;
  }

  // push throws a RangeError for a size that the standard does not allow.
  push(chunk, size) {
    if (!(size >= 0 && size < Infinity)) throw new RangeError(`The size of a chunk must be a finite number from 0 on, but got ${String(size)}`);
    this.items.push(chunk, size);
    this.total += size;
  }

  peek() {
    return this.items[this.head];
  }

  shift() {
    const { items, head } = this;
    const chunk = items[head];
    const total = this.total - items[head + 1];
    const next = head + 2;
    this.total = total > 0 ? total : 0; // sums of fractions can be inexact
    items[head] = undefined;
    this.head = next;
    if (next === items.length) items.length = this.head = 0;
    else if (next >= 1024 && next * 2 >= items.length) this.compact();
    return chunk;
  }

  clear() {
    this.items = [];
    this.total = this.head = 0;
  }

  compact() {
    this.items.splice(0, this.head);
    this.head = 0;
  }
}
