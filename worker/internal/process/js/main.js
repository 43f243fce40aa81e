import { Buffer } from "node:buffer";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { onUncaught } from "./uncaught.js";
import "web/install.js";
import { dispatchRejection } from "web/host.js";
import { read } from "web/native.js";
import { setApplication } from "web/position.js";
import { reportError } from "web/report.js";
import { forEachSeries } from "worker/message.js";
import { onGlobalListenersChange } from "web/target.js";
import { busyWith } from "./busy.js";
import { exposed, expose, host, open } from "./host_wire.js";
import { exceptionOf, nameFile } from "./thrown.js";
import { flush, reportBegun } from "./wire.js";

// The process runs the application that Linger sends.

expose("load", async (path, code, name) => {
  const url = path ? pathToFileURL(path).href : `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  nameFile(path || url, name);
  setApplication(name, code, path);
  try {
    const namespace = await import(url);
    exposed("exports")(namespace);
  } catch (error) {
    return host.loadFailed(exceptionOf(error));
  }
  reportListeners();
  onGlobalListenersChange(reportListeners);
  host.loaded();
});

expose("check", () => host.busy(busyWith()));

let listening; // the types of events that Linger knows

function reportListeners() {
  const types = exposed("listening")();
  if (String(types) === listening) return;
  listening = String(types);
  if (types.includes("fetch")) read("Response"); // which may take long, and the first request would have to wait
  host.listeners(types, types.map(exposed("places")));
}

// Linger ends the worker; a signal to its whole process group or service must not do that first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

// What no code of the application catches is reported, and the worker continues.
onUncaught({
  error: (value) => reportError(value),
  rejection(reason, promise) {
    if (!dispatchRejection(promise, reason, false)) host.unhandled(exceptionOf(reason));
  },
  handled: (promise) => void dispatchRejection(promise, undefined, true),
});

// halt sends what the application has called so far, and how far it is, because it continues no further: the process exits, or Linger has
// paused it.
function halt() {
  forEachSeries(host.reached);
  host.halted(reportBegun());
  flush();
}
process.on("exit", halt);
const { abort } = process;
process.abort = () => {
  halt();
  abort.call(process);
};
Object.defineProperty(globalThis, Symbol.for("linger.halt"), { value: halt });

const runtime = globalThis.Bun ? `bun ${process.versions.bun}` : globalThis.Deno ? `deno ${process.versions.deno}` : `node ${process.versions.node}`;
open(runtime);
