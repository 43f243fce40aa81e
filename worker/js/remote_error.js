import { deserialize, serialize } from "web/clone.js";

// serializeError returns an exception as text. An error keeps its name and its message; a value that cannot be copied becomes its text.
export function serializeError(error) {
  try {
    return serialize(error);
  } catch {
    return serialize(new Error(String(error)));
  }
}

// remoteError returns the exception of another object. An error has the property remote.
export function remoteError(text) {
  const error = deserialize(text);
  if (error instanceof Error) error.remote = true;
  return error;
}
