import { nodeModule, processEnv, TextDecoder } from "shared";
import { EventEmitter } from "lazy/node_events";
import { checkFunction, unavailable } from "lazy/node_errors";

// process has no versions.node, no release and no pid, by which packages recognize Node.
export const process = Object.assign(Object.create(Object.create(EventEmitter.prototype)), {
  title: "linger",
  platform: "linger",
  arch: "",
  version: "",
  versions: {},
  features: {},
  argv: [],
  execArgv: [],
  execPath: "",
  exitCode: undefined,
  env: processEnv(),
  nextTick(callback, ...args) {
    checkFunction(callback, "callback");
    queueMicrotask(() => callback(...args));
  },
  cwd: () => "/",
  uptime: () => globalThis.performance.now() / 1000,
  umask: () => 0o22,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), { rss: () => 0 }),
  cpuUsage: () => ({ user: 0, system: 0 }),
  hrtime: Object.assign(hrtime, { bigint: () => BigInt(Math.round(globalThis.performance.now() * 1e6)) }),
  emitWarning,
  getBuiltinModule: (name) => nodeModule(String(name).replace(/^node:/, "")),
});
EventEmitter.call(process);

function hrtime(since) {
  const time = globalThis.performance.now();
  let seconds = Math.floor(time / 1000);
  let nanoseconds = Math.floor((time % 1000) * 1e6);
  if (since !== undefined) {
    seconds -= since[0];
    nanoseconds -= since[1];
    if (nanoseconds < 0) [seconds, nanoseconds] = [seconds - 1, nanoseconds + 1e9];
  }
  return [seconds, nanoseconds];
}

// emitWarning prints a warning. Listeners of the event "warning" get it too.
function emitWarning(warning, options = {}, code) {
  const { type = "Warning", code: given = code, detail } = typeof options === "string" ? { type: options } : options;
  const error = warning instanceof Error ? warning : Object.assign(new Error(String(warning)), { name: type });
  if (given !== undefined && error.code === undefined) error.code = given;
  console.warn(`${error.code === undefined ? "" : `[${error.code}] `}${error.name}: ${error.message}${detail === undefined ? "" : `\n${detail}`}`);
  queueMicrotask(() => process.emit("warning", error));
}

// output is a stream of the console: lines are printed, and the rest of the text when its line is complete.
function output(fd, print) {
  let rest = "";
  return {
    fd, isTTY: false, writable: true,
    write(chunk, encoding, callback = encoding) {
      const lines = (rest + (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))).split("\n");
      rest = lines.pop();
      for (const line of lines) print(line);
      if (typeof callback === "function") queueMicrotask(callback);
      return true;
    },
    end() {},
    on() {
      return this;
    },
    once() {
      return this;
    },
    emit: () => false,
    getColorDepth: () => 1,
    hasColors: () => false,
  };
}

process.stdout = output(1, (line) => console.log("%s", line));
process.stderr = output(2, (line) => console.error("%s", line));
process.stdin = { fd: 0, isTTY: false, readable: false };

for (const name of ["abort", "chdir", "dlopen", "exit", "kill", "reallyExit", "setgid", "setuid"]) {
  process[name] = () => {
    throw unavailable(`process.${name}`, "the server runs on");
  };
}

export { process as module };
