import { posix } from "./posix.js";
import { win32 } from "./win32.js";

Object.assign(posix, { posix, win32 });
Object.assign(win32, { posix, win32 });

export { posix, win32 };
export { posix as module };
