// Runs files of web-platform-tests in Node, each in a worker thread with support.js and testharness.js, to compare the
// results with those of the engine. It reads from standard input the JSON of
//
//   { set, files: [{ file, search, scripts }] }   the folder with the tests, and what the comments of the files contain
//
// and writes one line of JSON for each file, in the same order: the report of support.js.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext, runInThisContext } from "node:vm";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

// A file ends when none of its tests has completed for this time, in milliseconds. It is terminated after maxFileTime.
const idleTime = 30_000;
const maxFileTime = 600_000;

const own = fileURLToPath(new URL("own", import.meta.url)); // tests that the set lacks

function read(set, name) {
  if (existsSync(path.join(own, name))) return readFileSync(path.join(own, name));
  return readFileSync(path.join(set, name === "/resources/WebIDLParser.js" ? "/resources/webidl2/lib/webidl2.js" : name));
}

// runFile runs a file in this thread and posts its report.
function runFile({ set, file, search, scripts, support }) {
  let uncaught = "";
  const keep = (error) => (uncaught ||= `${error}`);
  const run = (name, source) => {
    try {
      runInThisContext(source, { filename: name });
    } catch (error) {
      keep(error);
    }
  };
  process.on("uncaughtException", keep);
  process.on("unhandledRejection", keep);
  setFlagsFromString("--expose-gc");
  globalThis.self = globalThis;
  globalThis.wptHost = {
    path: "/" + file,
    search,
    collect: runInNewContext("gc"),
    read: (name) => {
      try {
        return read(set, name);
      } catch {
        return null;
      }
    },
  };
  run("support.js", support);
  run("testharness.js", read(set, "/resources/testharness.js").toString());
  wptHost.begin();
  for (const name of [...scripts, file]) run(name, read(set, "/" + name).toString());
  wptHost.loaded();
  const finish = () => {
    wptHost.expire();
    const report = JSON.parse(wptHost.report());
    if (report.harness.status === 0 && uncaught && !wptHost.allowsUncaught) report.harness = { status: 1, message: `not caught: ${uncaught}` };
    parentPort.postMessage(report);
    process.exit();
  };
  let completed = 0;
  let since = Date.now();
  setInterval(() => {
    if (wptHost.countResults() > completed) {
      completed = wptHost.countResults();
      since = Date.now();
    }
    if (wptHost.isFinished() || Date.now() - since > idleTime) finish();
  }, 5);
}

async function runFiles() {
  const { set, files } = JSON.parse(readFileSync(0));
  const support = readFileSync(new URL("support.js", import.meta.url)).toString();
  for (const file of files) {
    const report = await new Promise((resolve) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { set, support, ...file }, stdout: true, stderr: true });
      const fail = (error) => resolve({ harness: { status: 1, message: `${error}` }, tests: [] });
      worker.on("message", resolve);
      worker.on("error", fail);
      worker.on("exit", () => fail("the thread has ended"));
      setTimeout(() => worker.terminate(), maxFileTime).unref();
    });
    process.stdout.write(JSON.stringify(report) + "\n");
  }
}

if (isMainThread) await runFiles();
else runFile(workerData);
