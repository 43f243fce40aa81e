// WeakList holds objects without keeping them alive. What it remembers of those that are gone is dropped whenever the
// list has doubled, so that it stays within a small multiple of what is alive.
export class WeakList {
  #refs = new Set();
  #limit = 32;

  // add returns the reference that delete takes.
  add(object) {
    if (this.#refs.size >= this.#limit) this.#sweep();
    const ref = new WeakRef(object);
    this.#refs.add(ref);
    return ref;
  }

  delete(ref) {
    this.#refs.delete(ref);
  }

  // drain returns the objects that are alive, and empties the list.
  drain() {
    const alive = [];
    for (const ref of this.#refs) {
      const object = ref.deref();
      if (object !== undefined) alive.push(object);
    }
    this.#refs.clear();
    return alive;
  }

  #sweep() {
    for (const ref of this.#refs) if (ref.deref() === undefined) this.#refs.delete(ref);
    this.#limit = Math.max(32, 2 * this.#refs.size);
  }
}
