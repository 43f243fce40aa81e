import { expose } from "web/host.js";

// What Go tells of the application before its code runs.
export const settings = {
  halfOpen: false, // a peer's Close is answered by the script, unless it asks for more
  binaryType: "blob", // of new WebSockets
  overlap: false, // the next event need not wait for the promises of the last
  bound: 30000, // milliseconds that a WebSocket waits for the script: to accept it, to close its half, to be done with a message
};

expose("configure", (halfOpen, binaryType, overlap, bound) => {
  Object.assign(settings, { halfOpen, binaryType, overlap, bound });
});
