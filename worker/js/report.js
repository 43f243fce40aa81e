import { host } from "web/host.js";

// report passes an exception to Go, as part of the event with an id, or outside of events with the id 0. Go calls the
// function to get the exception with its stack. places are positions in the script that have caused an error which was not
// thrown by the script itself.
export function report(id, error, places) {
  host.report(
    id,
    () => {
      throw error;
    },
    places,
  );
}
