package worker_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// wantProblem loads a script that cannot be loaded and checks the first problem:
// its position, such as "app.js:1:1", and parts of its text.
func wantProblem(t *testing.T, path string, opts worker.Options, place string, parts ...string) {
	t.Helper()
	a, err := load(t, path, opts)
	failure, ok := errors.AsType[*worker.LoadError](err)
	if a != nil || !ok || len(failure.Problems) == 0 {
		t.Fatalf("Load returns a *LoadError and no application; got %v, %v", a, err)
	}
	p := failure.Problems[0]
	if place == "" && p.File != "" || !strings.Contains(p.String(), place) || strings.Contains(place, ":") && p.Line == 0 {
		t.Errorf("the problem is at %q; got %q", place, p)
	}
	if !hasAll(p.Text, parts) {
		t.Errorf("the text of the problem contains %q; got %q", parts, p.Text)
	}
	if p.Line > 0 && !strings.HasPrefix(p.String(), p.File+":") {
		t.Errorf("the problem begins with its file; got %q", p)
	}
}

func TestLoadReportsWhatCannotBeBundled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, place string
		parts         []string
	}{
		"syntax error":        {"let a = 1;\nlet = = 2;", "app.js:2:", []string{"Unexpected"}},
		"regular expression":  {"let a = 1;\nthrow /(a/;", "app.js:2:", []string{"SyntaxError"}},
		"missing file":        {"\nimport './gone.js';", "app.js:2:8", []string{"./gone.js"}},
		"missing package":     {"\nimport 'left-pad';", "app.js:2:8", []string{"left-pad"}},
		"a module of Node":    {"\n  import fs from 'node:fs';", "app.js:2:18", []string{"node:fs", "Node"}},
		"a remote module":     {"import 'https://example.com/x.js';", "app.js:1:8", []string{"https://example.com/x.js", "network"}},
		"a missing name":      {"import { b } from './data.json';\nb();", "app.js:1:10", []string{"b"}},
		"a broken import":     {"import './broken.js';", "broken.js:2:", nil},
		"a broken JSON file":  {"import './broken.json';", "broken.json:1:", nil},
		"a constant assigned": {"const a = 1;\na = 2;", "app.js:2:1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			writeIn(t, folder, "broken.js", "\nexport default (;")
			writeIn(t, folder, "broken.json", "{broken}")
			writeIn(t, folder, "data.json", `{"a": 1}`)
			wantProblem(t, writeIn(t, folder, "app.js", c.script), worker.Options{}, c.place, c.parts...)
		})
	}
}

func TestLoadReportsAllSyntaxErrors(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "a.js", "let = 1 1;")
	writeIn(t, folder, "b.js", "\nlet = 1 1;")
	_, err := load(t, writeIn(t, folder, "app.js", "import './a.js'; import './b.js';"), worker.Options{})
	if err == nil || !hasAll(err.Error(), []string{"a.js:1:", "\n", "b.js:2:"}) {
		t.Errorf("the error has a line for the error of each file; got %v", err)
	}
}

func TestLoadReportsAMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gone.js")
	wantProblem(t, path, worker.Options{}, "gone.js", "cannot be read", "no such file")
	wantProblem(t, t.TempDir(), worker.Options{}, "/", "is a directory")
	wantProblem(t, write(t, "page.html", "<p>"), worker.Options{}, "page.html", "is not a script")
}

func TestLoadTypeScriptWithImports(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "shout.ts", `
		export type Text = string;
		export const shout = <T extends Text>(text: T): string => text.toUpperCase();`)
	writeIn(t, folder, "names.json", `{"greeting": "hello"}`)
	writeIn(t, folder, "note.txt", `note`)
	writeIn(t, folder, "plain.js", `export default class Plain { #x = 1; static made = 0; get x() { return this.#x; } }`)
	a := serveFile(t, writeIn(t, folder, "app.ts", `
		import { shout, type Text } from "./shout";
		import names from "./names.json";
		import Plain from "./plain.js";
		import note from "./note.txt";
		enum Color { Red, Green = 5 }
		const enum Hidden { One = 1 }
		namespace Space { export const inside = "inside"; }
		interface Answer { text: Text }
		abstract class Base { constructor(protected readonly name: string) {} abstract say(): string }
		class Child extends Base { override say(): string { return this.name; } }
		addEventListener("fetch", (event: any): void => {
			const answer = { text: shout(names.greeting) } satisfies Answer;
			const parts: unknown[] = [answer!.text, Color.Green, Color[0], Hidden.One, Space.inside, new Child("child").say(), new Plain().x, note];
			event.respondWith(new Response(parts.join(" ")));
		});`), worker.Options{})
	a.get("/", 200, "HELLO 5 Red 1 inside child 1 note")
}

func TestLoadConvertsUsingDeclarations(t *testing.T) {
	t.Parallel()
	a := serveFile(t, writeIn(t, t.TempDir(), "app.ts", `
		const log: string[] = [];
		const resource = (name: string) => ({ [Symbol.dispose]() { log.push(name); }, async [Symbol.asyncDispose]() { log.push(name + " later"); } });
		async function use() {
			using first = resource("first");
			await using second = resource("second");
			log.push("used");
		}
		export default { async fetch() { await use(); return new Response(log.join()); } };`), worker.Options{})
	a.get("/", 200, "used,second later,first")
}

func TestLoadBundlesPackages(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, mkdir(t, folder, "node_modules", "greet"), "package.json", `{"name": "greet", "main": "main.js"}`)
	writeIn(t, filepath.Join(folder, "node_modules", "greet"), "main.js", `module.exports = (name) => "hello " + name;`)
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import greet from "greet";
		addEventListener("fetch", (event) => event.respondWith(new Response(greet("ann"))));`), worker.Options{})
	a.get("/", 200, "hello ann")
}

// packages creates files in the node_modules of a folder. Their names are paths relative to it.
func packages(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, "node_modules", filepath.FromSlash(name))
		writeIn(t, mkdir(t, filepath.Dir(path)), filepath.Base(path), text)
	}
}

func TestLoadPrefersPackageEntriesForWorkersAndBrowsers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ manifest, script string }{
		"exports with workerd":            {`{"exports": {".": {"workerd": "./good.js", "worker": "./node.js", "browser": "./node.js", "default": "./node.js"}}}`, ``},
		"exports with worker":             {`{"exports": {"node": "./node.js", "worker": "./good.js", "browser": "./node.js", "default": "./node.js"}}`, ``},
		"exports with browser":            {`{"exports": {".": {"browser": "./good.js", "default": "./node.js"}}}`, ``},
		"nested conditions":               {`{"exports": {".": {"node": "./node.js", "browser": {"import": "./good.js", "require": "./node.js"}, "default": "./node.js"}}}`, ``},
		"exports with import":             {`{"exports": {"require": "./node.js", "import": "./good.js"}, "main": "./node.js"}`, ``},
		"exports with default":            {`{"exports": {"node": "./node.js", "default": "./good.js"}, "main": "./node.js"}`, ``},
		"browser as a string":             {`{"main": "./node.js", "browser": "./good.js"}`, ``},
		"browser as a string, and module": {`{"main": "./node.js", "module": "./node.js", "browser": "./good.js"}`, ``},
		"browser as a map":                {`{"main": "./node.js", "browser": {"./node.js": "./good.js"}}`, ``},
		"browser as a map of a package":   {`{"main": "./uses.js", "browser": {"needs-node": "./good.js"}}`, `module.exports = require("needs-node");`},
		"browser with false":              {`{"main": "./uses.js", "browser": {"crypto": false}}`, `require("crypto"); module.exports = require("./good.js");`},
		"browser with false of a file":    {`{"main": "./uses.js", "browser": {"./node.js": false}}`, `require("./node"); module.exports = require("./good.js");`},
		"browser with false and a dot":    {`{"main": "./uses.js", "browser": {"./node.inspect.js": false}}`, `require("./node.inspect"); module.exports = require("./good.js");`},
		"imports of the package":          {`{"main": "./uses.js", "imports": {"#c": {"node": "./node.js", "browser": "./good.js", "default": "./node.js"}}}`, `module.exports = require("#c");`},
		"a pattern of imports":            {`{"main": "./uses.js", "imports": {"#lib/*": {"worker": "./*.js", "default": "./node.js"}}}`, `module.exports = require("#lib/good");`},
		"an optional module of Node":      {`{"main": "./uses.js"}`, `try { require("fs").readFileSync("x"); } catch { module.exports = require("./good.js"); }`},
		"module before main":              {`{"main": "./node.js", "module": "./good.js"}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			packages(t, folder, map[string]string{
				"choice/package.json": c.manifest, "choice/uses.js": c.script,
				"choice/node.js": `require("node:crypto"); module.exports = "node";`, "choice/good.js": `module.exports = "good";`,
			})
			a := serveFile(t, writeIn(t, folder, "app.js", `
				import choice from "choice";
				export default { fetch: () => new Response(choice) };`), worker.Options{})
			a.get("/", 200, "good")
		})
	}
}

func TestLoadConvertsJSX(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ configuration, comment string }{
		"a comment with the library":             {"", "/** @jsxImportSource lib */"},
		"comments with the library and the mode": {"", "/** @jsxRuntime automatic */ /** @jsxImportSource lib */"},
		"a comment with the function":            {"", `/** @jsx jsx */ import { jsx } from "lib/jsx-runtime";`},
		"tsconfig.json with the library":         {`{"compilerOptions": {"jsx": "react-jsx", "jsxImportSource": "lib"}}`, ""},
		"tsconfig.json with the function":        {`{"compilerOptions": {"jsx": "react", "jsxFactory": "jsx"}}`, `import { jsx } from "lib/jsx-runtime";`},
	} {
		for _, file := range []string{"app.tsx", "app.jsx"} {
			t.Run(name+" in "+file, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				packages(t, folder, map[string]string{"lib/jsx-runtime.js": "export const jsx = (name) => `<${name}>`, jsxs = jsx;"})
				if c.configuration != "" {
					writeIn(t, folder, "tsconfig.json", c.configuration)
				}
				a := serveFile(t, writeIn(t, folder, file, c.comment+"\nexport default { fetch: () => new Response(<main><b /><i /></main>) };"), worker.Options{})
				a.get("/", 200, "<main>")
			})
		}
	}
}

func TestLoadDefinesNodeEnvForPackages(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	folder := t.TempDir()
	packages(t, folder, map[string]string{
		"flag/package.json": `{"main": "i.js"}`,
		"flag/i.js": `
			if (process.env.NODE_ENV === "production") module.exports = require("./production.js");
			else module.exports = require("./development.js");`,
		"flag/production.js":  `if (process.env.NODE_ENV !== "production") require("not-installed-1"); module.exports = "production";`,
		"flag/development.js": `if (process.env.NODE_ENV === "production") require("not-installed-2"); module.exports = "development";`,
		"flag/constant.mjs":   `const { NODE_ENV } = process.env; export default NODE_ENV; export const { NODE_ENV: again } = globalThis.process.env;`,
		"flag/guarded.mjs": `
			const env = typeof process !== "undefined" && process.env ? "process" : "no process";
			const debug = process.env.DEBUG, { LOG = "none" } = process.env;
			export default [env, debug, LOG, typeof process, globalThis.process.title].join();`,
	})
	path := writeIn(t, folder, "app.js", `
		import flag from "flag";
		import constant, { again } from "flag/constant.mjs";
		import guarded from "flag/guarded.mjs";
		const all = new Set([flag, constant, again, process.env.NODE_ENV, process.env["NODE_ENV"], process["env"]["NODE_ENV"], process?.env?.NODE_ENV,
			globalThis.process.env.NODE_ENV, globalThis.process?.env?.NODE_ENV, import.meta.env.MODE, import.meta.env?.MODE,
			import.meta.env.PROD ? "production" : "development", import.meta.env.DEV ? "development" : "production",
			{ ...import.meta.env }.MODE, { ...process.env }.NODE_ENV]);
		const shadowed = ((process) => process.env.NODE_ENV)({ env: { NODE_ENV: "own" } });
		export default { fetch: () => new Response([...all, shadowed, guarded, Object.keys(process.env)].join(" ")) };`)
	for mode, want := range map[bool]string{false: "production", true: "development"} {
		a := serveFile(t, path, worker.Options{Development: mode})
		a.get("/", 200, want+" own process,,none,object,linger NODE_ENV")
		a = serveFile(t, path, worker.Options{Development: mode, Vars: map[string]any{"LOG": 5, "DEBUG": "on", "NODE_ENV": "test"}})
		a.get("/", 200, want+" own process,on,5,object,linger DEBUG,LOG,NODE_ENV")
	}
}
