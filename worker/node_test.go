package worker_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestNodeModulesHaveOneIdentity(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"old/package.json": `{"main": "i.js"}`,
		"old/i.js": `const EventEmitter = require("events"); const { inherits } = require("util");
			function Old() { EventEmitter.call(this); } inherits(Old, EventEmitter);
			module.exports = { Old, EventEmitter, Buffer: require("buffer").Buffer, path: require("path/posix") };`,
		"new/package.json": `{"main": "i.js", "type": "module"}`,
		"new/i.js":         `import { EventEmitter } from "node:events"; import path from "path"; export default EventEmitter; export { path };`,
	})
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import events, { once, EventEmitter } from "node:events";
		import * as namespace from "events";
		import { Old, EventEmitter as required, Buffer as requiredBuffer, path as requiredPath } from "old";
		import packaged, { path } from "new";
		import { Buffer as imported } from "node:buffer";
		import process, { env } from "node:process";
		const dynamic = await import("node:events");
		const same = [events, EventEmitter, namespace.EventEmitter, namespace.default, required, packaged, dynamic.default, events.EventEmitter];
		const emitter = new Old();
		setTimeout(() => emitter.emit("x", 5));
		const [value] = await once(emitter, "x");
		export default { fetch: () => new Response([new Set(same).size, value, requiredBuffer === imported, imported === Buffer, path.posix === requiredPath,
			process === globalThis.process, env === process.env, process.env.A, global === globalThis, typeof setImmediate, process.getBuiltinModule("node:events") === events,
			Object.keys(import.meta)].join(" ")) };`), worker.Options{Vars: map[string]any{"A": "b"}})
	a.get("/", 200, "1 5 true true true true true b true function true url")
}

func TestNodeModulesHaveTheExportsOfTheBundler(t *testing.T) {
	t.Parallel()
	var script strings.Builder
	script.WriteString("const found = [];\n")
	modules := []string{
		"assert", "assert/strict", "async_hooks", "buffer", "console", "crypto", "diagnostics_channel", "events", "os", "path", "path/posix", "path/win32",
		"perf_hooks", "process", "punycode", "querystring", "stream", "stream/consumers", "stream/promises", "stream/web", "string_decoder", "timers",
		"timers/promises", "tty", "url", "util", "util/types",
	}
	for i, name := range modules {
		fmt.Fprintf(&script, "import * as m%d from %q; import d%d from \"node:%s\";\n", i, name, i, name)
		fmt.Fprintf(&script, "for (const key of Object.keys(m%d)) if (key !== \"default\" && !(key in d%d)) found.push(%q + key);\n", i, i, "missing: "+name+".")
		fmt.Fprintf(&script, "for (const key of Object.keys(d%d)) if (!(key in m%d) && !/^_/.test(key)) found.push(%q + key);\n", i, i, "not exported: "+name+".")
	}
	script.WriteString("export default { fetch: () => new Response(found.join()) };")
	serve(t, script.String(), worker.Options{}).get("/", 200, "")
}

func TestNodePackagesOfTheSameNameAreUsed(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	files := map[string]string{}
	for _, name := range []string{"buffer", "events", "util", "assert", "path", "string_decoder", "punycode", "process"} {
		files[name+"/package.json"], files[name+"/i.js"] = `{"main": "i.js"}`, `module.exports = "installed";`
	}
	files["mapped/package.json"] = `{"main": "i.js", "browser": {"crypto": false, "os": "./os.js", "fs": false}}`
	files["mapped/i.js"] = `module.exports = [Object.keys(require("crypto")).length, require("os"), Object.keys(require("fs")).length, typeof require("node:crypto").createHash].join()`
	files["mapped/os.js"] = `module.exports = "own";`
	packages(t, folder, files)
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import buffer from "buffer"; import events from "events"; import util from "util"; import assert from "assert";
		import path from "path"; import decoder from "string_decoder"; import punycode from "punycode"; import process from "process";
		import mapped from "mapped"; import { EventEmitter } from "node:events";
		export default { fetch: () => new Response([new Set([buffer, events, util, assert, path, decoder, punycode, process]).size, typeof EventEmitter, mapped].join(" ")) };`), worker.Options{})
	a.get("/", 200, "1 function 0,own,0,function")
}

func TestNodeModulesThatDoNotExistThrowWhenPackagesUseThem(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"isomorphic/package.json": `{"main": "i.mjs"}`,
		"isomorphic/i.mjs": `
			import fs, { readFileSync } from "node:fs"; import * as http from "http"; import "net"; import { scrypt, parseEnv } from "./parts.mjs";
			export const run = (name) => ({
				member: () => fs.promises.readFile("x"), named: () => readFileSync("x"), namespace: () => new http.Agent(), absent: () => parseEnv(""),
				lazy: () => import("node:vm"), crypto: () => scrypt(), fine: () => [typeof fs.readFile, fs.then, typeof http.createServer].join(),
			})[name]();`,
		"isomorphic/parts.mjs": `export { scrypt } from "crypto"; export { parseEnv } from "util";`,
		"guarded/package.json": `{"main": "i.js"}`,
		"guarded/i.js": `let fs; try { fs = require("fs"); } catch (error) { fs = error.code; }
			module.exports = { fs, read: () => require("child_process"), unused: () => require("cluster") };`,
	})
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import { run } from "isomorphic"; import guarded from "guarded";
		const attempt = async (f) => { try { return String(await f()); } catch (error) { return error.code + " " + error.message; } };
		export default { fetch: async (request) => {
			const name = new URL(request.url).searchParams.get("name");
			return new Response(name === "fs" ? guarded.fs : await attempt(() => guarded[name] ? guarded[name]() : run(name)));
		} };`), worker.Options{})
	const way = "(imported by way of " // followed by the files, from the working directory
	for name, want := range map[string][]string{
		"fine":      {"function,,function"},
		"member":    {`ERR_METHOD_NOT_IMPLEMENTED fs.promises.readFile was used: "node:fs" is a module of Node, which the embedded engine does not have: import a file to read it, as text or bytes`, way, "node_modules/isomorphic/i.mjs:2:"},
		"named":     {`ERR_METHOD_NOT_IMPLEMENTED fs.readFileSync was used: "node:fs"`, way},
		"namespace": {`ERR_METHOD_NOT_IMPLEMENTED http.Agent was used: "http" is a module of Node`, "use fetch", way},
		"absent":    {"ERR_METHOD_NOT_IMPLEMENTED util.parseEnv of Node is not available in Linger"},
		"crypto":    {"ERR_METHOD_NOT_IMPLEMENTED crypto.scrypt of Node is not available in Linger"},
		"lazy":      {`ERR_UNKNOWN_BUILTIN_MODULE "isomorphic" cannot be used: "node:vm" is a module of Node`, "node_modules/isomorphic/i.mjs:"},
		"read":      {`ERR_UNKNOWN_BUILTIN_MODULE "guarded" cannot be used: "child_process"`, "node_modules/guarded/i.js:"},
		"fs":        {"ERR_UNKNOWN_BUILTIN_MODULE"},
	} {
		if got := a.do("GET", "/?name="+name, "").body; !hasAll(got, want) {
			t.Errorf("%s must result in %q; got %q", name, want, got)
		}
	}
	if log := a.log.String(); !strings.Contains(log, "may work in part only") {
		t.Errorf("a package that imports a module that does not exist is reported when it is loaded; got %s", log)
	}
}

func TestNodeAsyncLocalStorageFollowsRequests(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		import { AsyncLocalStorage } from "node:async_hooks";
		const storage = new AsyncLocalStorage();
		const waiting = [];
		const gate = () => new Promise((resolve) => { waiting.push(resolve); if (waiting.length === 20) for (const release of waiting.splice(0)) release(); });
		async function* parts() { for (let i = 0; i < 3; i++) { await gate(); yield storage.getStore(); } }
		const handle = async () => {
			const seen = new Set([storage.getStore()]);
			for await (const part of parts()) seen.add(part);
			await Promise.all([1, 2].map(() => new Promise((resolve) => setTimeout(() => resolve(seen.add(storage.getStore())), 1))));
			await Promise.reject().catch(() => seen.add(storage.getStore()));
			await fetch("data:,x").then(() => seen.add(storage.getStore()));
			await { then: (ok) => ok(seen.add(storage.getStore())) };
			return new Response([...seen].join());
		};
		addEventListener("fetch", (event) => {
			const outer = storage.getStore();
			event.respondWith(outer ? new Response("leaked " + outer) : storage.run(event.request.url, handle));
		});`, worker.Options{})
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			path := fmt.Sprintf("/%d", n)
			if got := a.do("GET", path, "").body; !strings.HasSuffix(got, path) || strings.Contains(got, ",") {
				t.Errorf("all code of the request %s has its own store; got %s", path, got)
			}
		})
	}
	group.Wait()
}

func TestNodeTopLevelRequireOfMissingModuleNamesTheChain(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	got := problemsOf(t, map[string]string{
		"app.js": "import './server.js';", "server.js": "\nimport express from 'express';",
		"node_modules/express/package.json": `{"main": "i.js"}`, "node_modules/express/i.js": `module.exports = require("./lib/a");`,
		"node_modules/express/lib/a.js": `var http = require("node:http");`,
	})
	want := `server.js:2:21: "express" cannot be used: "node:http" is a module of Node, which the embedded engine does not have: use fetch, and listen to fetch events ` +
		`(imported by way of node_modules/express/i.js > node_modules/express/lib/a.js:1:20): Linger is the server`
	if !strings.HasPrefix(got, want) {
		t.Errorf("the problem begins with\n%s\ngot\n%s", want, got)
	}
}
