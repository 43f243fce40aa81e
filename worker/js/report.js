import { host } from "web/host.js";

// report passes to Go what a script threw, as part of an event or, with id 0, outside of any. Go runs the function to get
// at the error with its stack. places are those to blame for an error that was not thrown by the script itself.
export function report(id, error, places) {
  host.report(
    id,
    () => {
      throw error;
    },
    places,
  );
}
