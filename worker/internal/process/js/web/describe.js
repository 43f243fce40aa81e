const inspect = Symbol.for("nodejs.util.inspect.custom");

// describe sets the function that returns the properties which console shows of an instance of a class.
export function describe({ name, prototype }, properties) {
  Object.defineProperty(prototype, inspect, {
    value(depth, options, format) {
      if (this === prototype) return `${name} {}`;
      if (depth < 0) return `[${name}]`;
      const text = (format ?? options.inspect ?? String)(properties(this), { ...options, depth: options.depth === null ? null : options.depth - 1 });
      return `${name} ${text}`;
    },
    writable: true,
    configurable: true,
  });
}

// describeBy makes console show the named attributes of a class.
export function describeBy(constructor, ...names) {
  describe(constructor, (value) => Object.fromEntries(names.map((name) => [name, value[name]])));
}
