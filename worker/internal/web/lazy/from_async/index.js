// fromAsync is Array.fromAsync (ECMA-262, section 23.1.2.2).
export async function fromAsync(items, map, thisArg) {
  if (map !== undefined && typeof map !== "function") throw new TypeError("Array.fromAsync expects a function as its second argument");
  const create = isConstructor(this) ? this : Array;
  const mapped = async (value, index) => (map ? Reflect.apply(map, thisArg, [value, index]) : value);
  let array, length = 0;
  if ((items[Symbol.asyncIterator] ?? items[Symbol.iterator] ?? undefined) !== undefined) {
    array = new create();
    for await (const value of items) add(array, length, await mapped(value, length++));
  } else {
    const size = Math.min(Math.max(Math.trunc(Number(items.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
    array = new create(size);
    while (length < size) add(array, length, await mapped(await items[length], length++));
  }
  array.length = length;
  return array;
}

function add(array, index, value) {
  Object.defineProperty(array, index, { value, writable: true, enumerable: true, configurable: true });
}

function isConstructor(value) {
  try {
    Reflect.construct(Object, [], value);
    return true;
  } catch {
    return false;
  }
}
