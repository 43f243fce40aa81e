import "web/install.js";
import { setApplication } from "web/position.js";
import { pathToFileURL } from "node:url";
import { answers, call, log } from "./host_wire.js";

globalThis.linger = { answers, call, log };
setApplication(process.argv[2], "", process.argv[2]);
await import(pathToFileURL(process.argv[2]));
