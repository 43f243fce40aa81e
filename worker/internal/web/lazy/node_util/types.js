import { mapSize, setSize, typedArrayName } from "shared";

// The class of an object is verified with an operation that succeeds only for its instances.
const succeeds = (operation) => (value) => {
  if (typeof value !== "object" || value === null) return false;
  try {
    operation(value);
    return true;
  } catch {
    return false;
  }
};
const calls = (method) => succeeds((value) => Reflect.apply(method, value, []));
const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const tagged = (name) => (value) => Object.prototype.toString.call(value) === `[object ${name}]`;
const typed = (name) => (value) => ArrayBuffer.isView(value) && typedArrayName.call(value) === name;

export const isDate = calls(Date.prototype.getTime);
export const isRegExp = (value) => value !== RegExp.prototype && calls(getter(RegExp.prototype, "source"))(value);
export const isMap = calls(mapSize);
export const isSet = calls(setSize);
export const isWeakMap = succeeds((value) => WeakMap.prototype.has.call(value, {}));
export const isWeakSet = succeeds((value) => WeakSet.prototype.has.call(value, {}));
export const isArrayBuffer = calls(getter(ArrayBuffer.prototype, "byteLength"));
export const isSharedArrayBuffer = calls(getter(SharedArrayBuffer.prototype, "byteLength"));
export const isAnyArrayBuffer = (value) => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isArrayBufferView = ArrayBuffer.isView;
export const isTypedArray = (value) => ArrayBuffer.isView(value) && typedArrayName.call(value) !== undefined;
export const isDataView = (value) => ArrayBuffer.isView(value) && typedArrayName.call(value) === undefined;
export const isInt8Array = typed("Int8Array");
export const isUint8Array = typed("Uint8Array");
export const isUint8ClampedArray = typed("Uint8ClampedArray");
export const isInt16Array = typed("Int16Array");
export const isUint16Array = typed("Uint16Array");
export const isInt32Array = typed("Int32Array");
export const isUint32Array = typed("Uint32Array");
export const isFloat32Array = typed("Float32Array");
export const isFloat64Array = typed("Float64Array");
export const isBigInt64Array = typed("BigInt64Array");
export const isBigUint64Array = typed("BigUint64Array");
export const isPromise = (value) => value instanceof Promise;
export const isBooleanObject = calls(Boolean.prototype.valueOf);
export const isNumberObject = calls(Number.prototype.valueOf);
export const isStringObject = calls(String.prototype.valueOf);
export const isSymbolObject = calls(Symbol.prototype.valueOf);
export const isBigIntObject = calls(BigInt.prototype.valueOf);
export const isBoxedPrimitive = (value) => [isBooleanObject, isNumberObject, isStringObject, isSymbolObject, isBigIntObject].some((is) => is(value));
export const isNativeError = Error.isError;
export const isMapIterator = tagged("Map Iterator");
export const isSetIterator = tagged("Set Iterator");
export const isGeneratorObject = (value) => tagged("Generator")(value) || tagged("AsyncGenerator")(value);
export const isAsyncFunction = (value) => tagged("AsyncFunction")(value) || tagged("AsyncGeneratorFunction")(value);
export const isGeneratorFunction = (value) => tagged("GeneratorFunction")(value) || tagged("AsyncGeneratorFunction")(value);
export const isArgumentsObject = (value) => tagged("Arguments")(value) && typeof value === "object" && !(Symbol.toStringTag in value);
export const isModuleNamespaceObject = (value) => tagged("Module")(value) && Object.getPrototypeOf(value) === null;
export const isCryptoKey = (value) => value instanceof globalThis.CryptoKey;
export const isProxy = () => false; // the engine has no operation for it
export const isExternal = () => false;
