// How console shows the objects of our own classes, whose state is private: by prototype, a function that gives the
// properties to show.
export const descriptions = new Map();

export function describe(constructor, properties) {
  descriptions.set(constructor.prototype, properties);
}

// describeBy shows the named attributes.
export function describeBy(constructor, ...names) {
  describe(constructor, (value) => Object.fromEntries(names.map((name) => [name, value[name]])));
}
