package worker_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// problemsOf creates files, loads app.js and returns the problems, a line for each, with paths relative to the folder of the files.
func problemsOf(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		writeIn(t, mkdir(t, filepath.Dir(path)), filepath.Base(path), text)
	}
	_, err := load(t, filepath.Join(folder, "app.js"), worker.Options{})
	failure, ok := errors.AsType[*worker.LoadError](err)
	if !ok {
		t.Fatalf("Load returns a *LoadError; got %v", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, folder)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(failure.Error(), filepath.ToSlash(relative)+"/", "")
}

func TestLoadReportsMissingImports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		want   string
	}{
		"a package":                      {`import "nanoid";`, `app.js:1:8: the package "nanoid" is not installed: run npm install nanoid`},
		"a part of a package":            {`import "lodash/fp/x";`, `app.js:1:8: the package "lodash" is not installed: run npm install lodash`},
		"a package of a scope":           {`import "@noble/hashes/sha2";`, `app.js:1:8: the package "@noble/hashes" is not installed: run npm install @noble/hashes`},
		"a package that is required":     {`const x = require("ws");`, `app.js:1:19: the package "ws" is not installed: run npm install ws`},
		"several parts of one":           {"import \"a/x\";\nimport \"a\";\nimport \"./other.js\";", `app.js:1:8: the package "a" is not installed: run npm install a`},
		"a missing part of a package":    {`import "there/none";`, `app.js:1:8: the package "there" is installed, but has no "there/none": the exports in its package.json are what can be imported`},
		"a dependency of a package":      {`import "needy";`, `app.js:1:8: "needy" cannot be used: the package "lacks" is not installed: run npm install lacks (imported by way of node_modules/needy/i.js:2:9)`},
		"a file":                         {`import "./nothing.js";`, `app.js:1:8: Could not resolve "./nothing.js": there is no such file`},
		"a misspelt file":                {`import "./othre.js";`, `app.js:1:8: Could not resolve "./othre.js": there is no such file; did you mean "./other.js"?`},
		"a misspelt file without suffix": {`import "./othr";`, `app.js:1:8: Could not resolve "./othr": there is no such file; did you mean "./other"?`},
		"an alias":                       {`import "@/x";`, `app.js:1:8: Could not resolve "@/x": it is neither a relative path nor a package, and no package.json or tsconfig.json defines it`},
		"an import of package.json":      {`import "#x";`, `app.js:1:8: Could not resolve "#x": it is not among the imports in package.json`},
		"a package of Deno":              {`import "npm:zod";`, `app.js:1:8: "npm:zod" is the name of a package for Deno: install it with npm install, and import it without npm:, or add --runtime=deno`},
		"a module of Bun":                {`import "bun:sqlite";`, `app.js:1:8: "bun:sqlite" is a module of Bun: add --runtime=bun`},
		"another export of Workers":      {`import { WorkflowEntrypoint } from "cloudflare:workers"; WorkflowEntrypoint();`, `app.js:1:10: "cloudflare:workers" has no WorkflowEntrypoint here: it exports DurableObject, RpcPromise,`},
		"an export that linger lacks":    {`import { serve } from "linger"; serve();`, `app.js:1:10: "linger" has no serve here: it exports env, clients,`},
		"another module of Workers":      {`import "cloudflare:sockets";`, `app.js:1:8: "cloudflare:sockets" is a module of the Workers runtime, which Linger does not have: use fetch or WebSocket`},
		"an unknown module of Workers":   {`import "cloudflare:worker";`, `app.js:1:8: "cloudflare:worker" does not exist: the module of the Workers runtime that Linger has is cloudflare:workers`},
		"a module of Node":               {`import "node:fs/promises";`, `app.js:1:8: "node:fs/promises" is a module of Node, which the embedded engine does not have: import a file to read it, as text or bytes, or add --runtime=node`},
		"one module, with both names":    {"import \"http\";\nimport \"node:http\";", `app.js:1:8: "http" is a module of Node, which the embedded engine does not have: use fetch, and listen to fetch events, or add --runtime=node`},
		"one without a replacement":      {`import vm from "vm";`, `app.js:1:16: "vm" is a module of Node, which the embedded engine does not have: add --runtime=node`},
		"a required module of Node":      {`const fs = require("fs");`, `app.js:1:20: "fs" is a module of Node, which the embedded engine does not have: import a file to read it, as text or bytes, or add --runtime=node`},
		"an unknown module of Node":      {`import "node:sqlite";`, `app.js:1:8: "node:sqlite" is a module of Node, which the embedded engine does not have: add --runtime=node`},
		"a part that Node has":           {`import { parseEnv } from "node:util"; parseEnv("");`, `app.js:1:10: "node:util" of Node has no parseEnv in Linger: it has TextDecoder,`},
		"a part that a package needs":    {`import "wants";`, `node_modules/wants/i.js:1:10: "node:util" of Node has no nonsense in Linger: it has TextDecoder,`},
		"one that a package needs":       {`import "./uses.js";`, `uses.js:2:7: "one" cannot be used: "net" is a module of Node, which the embedded engine does not have: use fetch or WebSocket (imported by way of node_modules/one/i.js > node_modules/one/lib/deep.js:1:9), or add --runtime=node`},
		"several that a package needs":   {`import "many";`, `app.js:1:8: "many" cannot be used: "child_process", "fs", "http", "net", "tls" are modules of Node, which the embedded engine does not have (imported by way of node_modules/many/i.js:1:9): add --runtime=node`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, map[string]string{
				"app.js": c.script, "other.js": `import "a"; import "a/y";`, "uses.js": "\nimport\"one\"",
				"node_modules/there/package.json": `{"exports": {".": "./i.js"}}`, "node_modules/there/i.js": "",
				"node_modules/needy/package.json": `{"main": "i.js"}`, "node_modules/needy/i.js": "\nrequire('lacks'); require('lacks/x')",
				"node_modules/one/package.json": `{"main": "i.js"}`, "node_modules/one/i.js": `require("./lib/deep")`, "node_modules/one/lib/deep.js": `require("net")`,
				"node_modules/wants/package.json": `{"main": "i.js"}`, "node_modules/wants/i.js": `import { nonsense } from "node:util"; nonsense();`,
				"node_modules/many/package.json": `{"main": "i.js"}`,
				"node_modules/many/i.js":         `require("http"); require("fs"); require("node:fs"); require("tls"); require("./more");`,
				"node_modules/many/more.js":      `require("child_process"); require("http"); require("node:tls"); require("crypto"); require("one");`,
			})
			begins := strings.HasSuffix(c.want, ",") && strings.HasPrefix(got, c.want) && !strings.Contains(got, "\n")
			if got != c.want && !begins {
				t.Errorf("the problem is one line:\n%s\ngot\n%s", c.want, got)
			}
		})
	}
}

func TestLoadPrefersInstalledPackagesToModulesOfNode(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{"events/package.json": `{"main": "e.js"}`, "events/e.js": `module.exports = "installed";`})
	a := serveFile(t, writeIn(t, folder, "app.js", `import events from "events"; export default { fetch: () => new Response(events) };`), worker.Options{})
	a.get("/", 200, "installed")
}

func TestFramesShowTheSource(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	for script, want := range map[string]string{
		"let a;\n  let = = 2;": "✘ [ERROR] Unexpected \"=\"\n\n    app.js:2:9:\n      2 │   let = = 2;\n        ╵         ^\n\n",
		"\nimport 'left-pad';": "✘ [ERROR] the package \"left-pad\" is not installed: run npm install left-pad\n\n    app.js:2:8:\n      2 │ import 'left-pad';\n        ╵        ~~~~~~~~~~\n\n",
		"const f = () => { throw new RangeError('no'); };\n  f();": "✘ [ERROR] RangeError: no\n\n    app.js:1:",
		"await new Promise(() => {});":                             "✘ [ERROR] a top-level await never ends",
	} {
		folder := t.TempDir()
		_, err := load(t, writeIn(t, folder, "app.js", script), worker.Options{})
		failure, ok := errors.AsType[*worker.LoadError](err)
		if !ok {
			t.Fatalf("Load returns a *LoadError; got %v", err)
		}
		for i := range failure.Problems {
			if failure.Problems[i].File != "" {
				failure.Problems[i].File = "app.js"
			}
		}
		if got := worker.Frames(failure.Problems, false); !strings.HasPrefix(got, want) {
			t.Errorf("the frames begin with\n%s\ngot\n%s", want, got)
		}
		if painted := worker.Frames(failure.Problems, true); !strings.Contains(painted, "\x1b[") {
			t.Errorf("frames can have colours; got %q", painted)
		}
	}
}
