// The owner of the code that runs: the object whose events it belongs to, or undefined.
let current;

export const owner = () => current;

// enter calls fn as code of an owner.
export function enter(next, fn) {
  const previous = current;
  current = next;
  try {
    return fn();
  } finally {
    current = previous;
  }
}
