import { host } from "web/host.js";

// report tells Go what a script threw, as part of an event or, with id 0, outside of any. Go runs the function to get
// at the error with its stack.
export function report(id, error) {
  host.report(id, () => {
    throw error;
  });
}
