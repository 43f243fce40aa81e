import { createRequire } from "node:module";
import process from "node:process";

// What keeps an application awake, by the names of the resources of its runtime. Pipes and terminals are those of this process itself.
const reasons = [
  [/^Timeout$/, "a timer is pending"],
  [/^(TCP|TLS|UDP|HTTP|DebugHTTP|QUIC|Listener)/, "a network connection is open"],
  [/^(GetAddrInfo|GetNameInfo|DNS|QueryReq)/, "a name is being resolved"],
  [/^(Process|Subprocess)/, "a process that the application has started runs"],
  [/^(Worker|MessagePort)/, "a thread runs"],
  [/^FS/, "a file is in use"],
];

// busyWith returns what keeps the application awake outside of events, "" for nothing.
export function busyWith() {
  const active = activeResources();
  for (const [names, reason] of reasons) {
    if (active.some((name) => names.test(name))) return reason;
  }
  return "";
}

// activeResources returns the names of the resources that are in use. Bun counts them in its heap.
function activeResources() {
  if (!globalThis.Bun) return process.getActiveResourcesInfo();
  const { heapStats } = createRequire(import.meta.url)("bun:jsc");
  return Object.keys(heapStats().protectedObjectTypeCounts);
}
