const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

// iterable defines the methods of a class that is a list of pairs: entries, keys, values, forEach and Symbol.iterator (Web
// IDL, section 3.7.10). pairsOf(object) returns the pairs of an instance, and throws for any other object. A change during an
// iteration has an effect on it.
export function iterable({ name, prototype }, pairsOf) {
  class PairIterator {
    #object;
    #select;
    #index = 0;

    constructor(object, select) {
      pairsOf(object);
      this.#object = object;
      this.#select = select;
    }

    next() {
      const pair = pairsOf(this.#object)[this.#index];
      if (pair === undefined) return { value: undefined, done: true };
      this.#index++;
      return { value: this.#select(pair), done: false };
    }
  }
  delete PairIterator.prototype.constructor;
  Object.setPrototypeOf(PairIterator.prototype, iteratorPrototype);
  Object.defineProperty(PairIterator.prototype, "next", { enumerable: true });
  Object.defineProperty(PairIterator.prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  Object.assign(prototype, {
    entries() {
      return new PairIterator(this, ([key, value]) => [key, value]);
    },
    keys() {
      return new PairIterator(this, (pair) => pair[0]);
    },
    values() {
      return new PairIterator(this, (pair) => pair[1]);
    },
    forEach(callback, self = undefined) {
      pairsOf(this);
      if (typeof callback !== "function") throw new TypeError(`${name}.forEach expects a function`);
      for (let i = 0, pair; (pair = pairsOf(this)[i]) !== undefined; i++) callback.call(self, pair[1], pair[0], this);
    },
  });
  Object.defineProperty(prototype, Symbol.iterator, { value: prototype.entries, writable: true, configurable: true });
}
