// descriptions maps the prototypes of classes with private state to functions, which return the properties that console
// shows of an instance.
export const descriptions = new Map();

// describe sets the function for a class.
export function describe(constructor, properties) {
  descriptions.set(constructor.prototype, properties);
}

// describeBy makes console show the named attributes of a class.
export function describeBy(constructor, ...names) {
  describe(constructor, (value) => Object.fromEntries(names.map((name) => [name, value[name]])));
}
