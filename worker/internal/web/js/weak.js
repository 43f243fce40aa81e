// WeakList is a list of objects that it does not keep alive. It removes the references to collected objects whenever it has
// doubled, so its size is at most a small multiple of the number of live objects.
export class WeakList {
  #refs = new Set();
  #limit = 32;

  // add adds an object and returns the argument for delete.
  add(object) {
    if (this.#refs.size >= this.#limit) this.#sweep();
    const ref = new WeakRef(object);
    this.#refs.add(ref);
    return ref;
  }

  delete(ref) {
    this.#refs.delete(ref);
  }

  // drain empties the list and returns its live objects.
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
