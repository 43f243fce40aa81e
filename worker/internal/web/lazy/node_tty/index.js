import { unavailable } from "lazy/node_errors";

// Nothing is a terminal.
function ReadStream() {
  throw unavailable("tty.ReadStream");
}
function WriteStream() {
  throw unavailable("tty.WriteStream");
}

export const module = { ReadStream, WriteStream, isatty: () => false };
