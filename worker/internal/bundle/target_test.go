package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// project writes the files of an application to a new folder and returns its path. A text that begins with "-> " makes a symbolic
// link to the path that follows, relative to the folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(filepath.Join(folder, filepath.FromSlash(target)), path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// runtimes are the runtimes with their command lines before the path of a module. Node must be installed.
var runtimes = map[Target][]string{
	Node: {"node"},
	Bun:  {"bun", "--no-install", "run"},
	Deno: {"deno", "run", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=manual"},
}

// output bundles src/app.ts, or another module, of a project, runs it and returns what it prints. The working directory is not that
// of the project.
func output(t *testing.T, target Target, entry string) string {
	t.Helper()
	command := runtimes[target]
	if _, err := exec.LookPath(command[0]); err != nil && target != Node && os.Getenv("TESTS_REQUIRE_RUNTIMES") == "" {
		t.Skipf("%s is not installed", target)
	}
	b, err := New(entry, false, target)
	if err != nil {
		t.Fatalf("the application must be bundled; got %v", err)
	}
	folder, err := newFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	}()
	file, err := folder.Write(b)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), command[0], append(command[1:], file)...) //nolint:gosec // a runtime under test
	run.Dir = t.TempDir()
	run.Env = append(os.Environ(), "NO_COLOR=1", "NODE_ENV=production")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("the bundle must run; got %v with the output\n%s\nof\n%s", err, out, b.Code)
	}
	return strings.TrimSpace(string(out))
}

// runtimeCases are applications with what they print. In the output FOLDER stands for the folder of the project.
var runtimeCases = map[string]struct {
	files map[string]string
	want  string
}{
	"the application's own files are bundled": {
		map[string]string{
			"src/app.ts":    `import { text } from "./lib"; import type { T } from "./none"; const t: string = text; console.log(t);`,
			"src/lib.ts":    `import data from "./data.json"; export const text: string = data.text;`,
			"src/data.json": `{"text": "own"}`,
		}, "own",
	},
	"aliases of tsconfig.json and imports of package.json are bundled": {
		map[string]string{
			"package.json":                  `{"type": "module", "imports": {"#own": "./src/own.ts", "#pkg": "pkg"}}`,
			"tsconfig.json":                 `{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}`,
			"src/app.ts":                    `import { a } from "@/own"; import * as b from "#own"; import { name } from "#pkg"; console.log(a, b.a, name);`,
			"src/own.ts":                    `export const a: string = "alias";`,
			"node_modules/pkg/package.json": `{"type": "module", "exports": "./i.js"}`,
			"node_modules/pkg/i.js":         `export const name = import.meta.url.split("/").slice(-3).join("/");`,
		}, "alias alias node_modules/pkg/i.js",
	},
	"packages of a workspace are bundled, and each finds its own version of a package": {
		map[string]string{
			"apps/web/src/app.ts":                    `import { lib } from "lib"; import { version } from "dep"; console.log(version, lib);`,
			"apps/web/node_modules/lib":              "-> libs/lib",
			"apps/web/node_modules/dep/package.json": `{"main": "i.js"}`,
			"apps/web/node_modules/dep/i.js":         `exports.version = 1;`,
			"libs/lib/package.json":                  `{"exports": "./i.ts"}`,
			"libs/lib/i.ts":                          `import { version } from "dep"; import { shared } from "hoisted"; export const lib: string = version + shared;`,
			"libs/lib/node_modules/dep/package.json": `{"main": "i.js"}`,
			"libs/lib/node_modules/dep/i.js":         `exports.version = "2";`,
			"node_modules/hoisted/package.json":      `{"type": "module", "main": "i.js"}`,
			"node_modules/hoisted/i.js":              `export const shared = "h";`,
			"src/app.ts":                             `import "../apps/web/src/app.ts";`,
		}, "1 2h",
	},
	"packages in the layout of pnpm find their dependencies": {
		map[string]string{
			"src/app.ts":       `import { dep } from "pkg"; console.log(dep);`,
			"node_modules/pkg": "-> node_modules/.pnpm/pkg@1/node_modules/pkg",
			"node_modules/.pnpm/pkg@1/node_modules/pkg/package.json": `{"type": "module", "exports": "./i.js"}`,
			"node_modules/.pnpm/pkg@1/node_modules/pkg/i.js":         `export { dep } from "dep";`,
			"node_modules/.pnpm/pkg@1/node_modules/dep/package.json": `{"type": "module", "exports": "./i.js"}`,
			"node_modules/.pnpm/pkg@1/node_modules/dep/i.js":         `export const dep = "found";`,
		}, "found",
	},
	"CommonJS packages are loaded once, and all their exports can be imported by name": {
		map[string]string{
			"src/app.ts": `import whole, { made, count } from "pkg"; import viaModule from "other"; const required = require("pkg"); const later = await import("pkg");
console.log(made, whole === required, later.default === required, viaModule === required, count());`,
			"node_modules/pkg/package.json":   `{"main": "lib"}`,
			"node_modules/pkg/lib/index.js":   `let loaded = 0; loaded++; for (const name of ["made"]) exports[name] = name; exports.count = () => loaded;`,
			"node_modules/other/package.json": `{"type": "module", "exports": "./i.js"}`,
			"node_modules/other/i.js":         `export { default } from "pkg";`,
		}, "made true true true 1",
	},
	"a package that is also an ES module is imported as one": {
		map[string]string{
			"src/app.ts":                     `import { kind } from "dual"; console.log(kind, require("dual").kind);`,
			"node_modules/dual/package.json": `{"exports": {"browser": "./b.mjs", "workerd": "./b.mjs", "node": {"import": "./i.mjs", "require": "./r.cjs"}}}`,
			"node_modules/dual/i.mjs":        `export const kind = "import";`,
			"node_modules/dual/r.cjs":        `exports.kind = "require";`,
			"node_modules/dual/b.mjs":        `export const kind = "browser";`,
		}, "import require",
	},
	"a script of a package without a type is an ES module by its syntax": {
		map[string]string{
			"src/app.ts":                        `import { name } from "untyped/i.mjs"; console.log(name);`,
			"node_modules/untyped/package.json": `{}`,
			"node_modules/untyped/i.mjs":        `export const name = "module";`,
		}, "module",
	},
	"paths are those of the source files": {
		map[string]string{
			"src/app.ts": `import { other } from "./sub/other.js"; import c from "./sub/c.cjs";
const show = (...list) => console.log(list.join(" "));
show(import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename);
show(other, c, new URL("./x", import.meta.url).href, import.meta.resolve("./y"));`,
			"src/sub/other.ts": `export const other: string = import.meta.url;`,
			"src/sub/c.cjs":    `"use strict"; module.exports = __dirname;`,
		}, "file://FOLDER/src/app.ts FOLDER/src FOLDER/src/app.ts FOLDER/src FOLDER/src/app.ts\n" +
			"file://FOLDER/src/sub/other.ts FOLDER/src/sub file://FOLDER/src/x file://FOLDER/src/y",
	},
	"packages are resolved and required at run time from the application": {
		map[string]string{
			"src/app.ts": `import { createRequire } from "node:module"; const own = createRequire(import.meta.url);
const name = ["p", "kg"].join(""); console.log(require(name).path === own.resolve(name), import.meta.resolve("pkg"), require.resolve("pkg"));`,
			"node_modules/pkg/package.json": `{}`,
			"node_modules/pkg/index.js":     `exports.path = __filename;`,
		}, "true file://FOLDER/node_modules/pkg/index.js FOLDER/node_modules/pkg/index.js",
	},
	"a declaration of require is that of the application": {
		map[string]string{
			"src/app.ts":                    `import { createRequire } from "module"; const require = createRequire(import.meta.url); console.log(require("pkg").name);`,
			"node_modules/pkg/package.json": `{}`,
			"node_modules/pkg/index.js":     `exports.name = "required";`,
		}, "required",
	},
	"built-in modules are those of the runtime": {
		map[string]string{
			"src/app.ts": `import { readFileSync } from "fs"; import path from "node:path"; const { EventEmitter } = require("events");
console.log(JSON.parse(readFileSync(path.join(import.meta.dirname, "data.json"), "utf8")).n, typeof EventEmitter.once, typeof (await import("util")).inspect);`,
			"src/data.json": `{"n": 3}`,
		}, "3 function function",
	},
	"files in other formats are bundled, those of packages too": {
		map[string]string{
			"src/app.ts": `import page from "./page.html"; import bytes from "./a.bin"; import typed from "./page.html" with { type: "bytes" }; import raw from "./lib.js?raw";
import schema from "pkg/schema.json"; import text from "pkg/query.sql"; import mod from "./m.wasm";
console.log(page, bytes instanceof ArrayBuffer, bytes.byteLength, typed instanceof Uint8Array, typed.length, raw, schema.a, text, mod instanceof WebAssembly.Module);`,
			"src/page.html":                 `<p>`,
			"src/a.bin":                     "abcde",
			"src/lib.js":                    `raw`,
			"src/m.wasm":                    "\x00asm\x01\x00\x00\x00",
			"node_modules/pkg/package.json": `{"type": "module"}`,
			"node_modules/pkg/schema.json":  `{"a": 1}`,
			"node_modules/pkg/query.sql":    `select`,
		}, "<p> true 5 true 3 raw 1 select true",
	},
	"JSX is converted with the library of the configuration": {
		map[string]string{
			"tsconfig.json":                 `{"compilerOptions": {"jsx": "react-jsx", "jsxImportSource": "lib"}}`,
			"src/app.ts":                    `import { view } from "./view"; console.log(view);`,
			"src/view.tsx":                  `export const view = <p id="1">{import.meta.url.length > 0 ? "text" : ""}</p>;`,
			"node_modules/lib/package.json": `{"exports": {"./jsx-runtime": "./jsx.js"}}`,
			"node_modules/lib/jsx.js":       `exports.jsx = (name, { id, children }) => name + id + children;`,
		}, "p1text",
	},
	"packages in TypeScript are bundled": {
		map[string]string{
			"src/app.ts":                    `import { text } from "pkg"; console.log(text);`,
			"node_modules/pkg/package.json": `{"exports": "./i.ts"}`,
			"node_modules/pkg/i.ts":         `export const text: string = "typed";`,
		}, "typed",
	},
	"the modules of Linger are those of the host script, in packages too": {
		map[string]string{
			"src/app.ts":  `import "./host.js"; import { run } from "./run.ts"; await run();`,
			"src/host.js": `globalThis.clients = "clients"; const module = { DurableObject: class { name = "object"; } }; globalThis[Symbol.for("linger.modules")] = (name) => name === "cloudflare:workers" ? module : undefined;`,
			"src/run.ts": `export const run = async () => { const { clients } = await import("linger"); const { DurableObject } = await import("cloudflare:workers"); const { Room } = await import("pkg");
console.log(clients, new DurableObject().name, Object.getPrototypeOf(Room) === DurableObject); };`,
			"node_modules/pkg/package.json": `{"type": "module", "exports": "./i.js"}`,
			"node_modules/pkg/i.js":         `import { DurableObject, WorkflowEntrypoint } from "cloudflare:workers"; export class Room extends DurableObject {} export class Other extends WorkflowEntrypoint {}`,
		}, "clients object true",
	},
	"a package that is not installed and is not needed is no error": {
		map[string]string{
			"src/app.ts": `let found = "none"; try { found = require("optional"); } catch { found = "absent"; } console.log(found);`,
		}, "absent",
	},
	"the environment is that of the process": {
		map[string]string{
			"src/app.ts": `console.log(process.env.NODE_ENV, process.env.NO_COLOR, import.meta.env.PROD ?? true);`,
		}, "production 1 true",
	},
	"native addons are loaded by their package": {
		map[string]string{
			"src/app.ts":                            `import { load } from "native"; try { load(); } catch (e) { console.log(/native\.node/.test(e.message)); }`,
			"node_modules/native/package.json":      `{"main": "i.js"}`,
			"node_modules/native/i.js":              `exports.load = () => require("./build/native.node");`,
			"node_modules/native/build/native.node": `not an addon`,
		}, "true",
	},
}

func TestNewForARuntime(t *testing.T) {
	for target := range runtimes {
		t.Run(string(target), func(t *testing.T) {
			t.Parallel()
			for name, test := range runtimeCases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					folder := project(t, test.files)
					got := output(t, target, filepath.Join(folder, "src", "app.ts"))
					if want := strings.ReplaceAll(test.want, "FOLDER", folder); got != want {
						t.Errorf("the application prints\n%s\ngot\n%s", want, got)
					}
				})
			}
		})
	}
}

// The bundler looks for the manifest of Yarn in the working directory and above.
func TestNewForARuntimeBundlesPackagesInArchivesOfYarn(t *testing.T) {
	folder := project(t, map[string]string{
		"package.json": `{"name": "app"}`,
		"src/app.ts":   `import dep from "dep"; console.log(dep);`,
		".pnp.data.json": `{"__info": [], "enableTopLevelFallback": true, "ignorePatternData": null, "fallbackExclusionList": [], "fallbackPool": [],
			"dependencyTreeRoots": [{"name": "app", "reference": "workspace:."}], "packageRegistryData": [
			[null, [[null, {"packageLocation": "./", "packageDependencies": [["dep", "npm:1.0.0"]], "linkType": "SOFT"}]]],
			["app", [["workspace:.", {"packageLocation": "./", "packageDependencies": [["dep", "npm:1.0.0"], ["app", "workspace:."]], "linkType": "SOFT"}]]],
			["dep", [["npm:1.0.0", {"packageLocation": "./.yarn/cache/dep.zip/node_modules/dep/", "packageDependencies": [["dep", "npm:1.0.0"]], "linkType": "HARD"}]]]]}`,
	})
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, text := range map[string]string{"package.json": `{"name": "dep", "main": "i.js"}`, "i.js": `module.exports = require("path").basename("archive/dep");`} {
		file, err := w.Create("node_modules/dep/" + name)
		if err == nil {
			_, err = file.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.MkdirAll(filepath.Join(folder, ".yarn", "cache"), 0o700), os.WriteFile(filepath.Join(folder, ".yarn", "cache", "dep.zip"), archive.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	if got := output(t, Node, filepath.Join(folder, "src", "app.ts")); got != "dep" {
		t.Errorf("the package is in the bundle, and prints dep; got %s", got)
	}
}

func TestNewForDenoFollowsTheImportsOfItsConfiguration(t *testing.T) {
	t.Parallel()
	folder := project(t, map[string]string{
		"deno.jsonc":   "{\n  // imports\n  \"imports\": { \"own/\": \"./src/\", \"path\": \"node:path\", \"std/\": \"jsr:/@std/\", \"zod\": \"npm:zod@4\", },\n}\n",
		"src/app.ts":   `import { text } from "own/lib.ts"; import { sep } from "path"; console.log(text, sep);`,
		"src/lib.ts":   `export const text: string = "own";`,
		"src/other.ts": `import { z } from "zod"; import { assert } from "std/assert"; console.log(z, assert);`,
	})
	if got := output(t, Deno, filepath.Join(folder, "src", "app.ts")); got != "own /" {
		t.Errorf("the imports are those of the configuration file: own /; got %s", got)
	}
	b, err := New(filepath.Join(folder, "src", "other.ts"), false, Deno)
	if err != nil || !strings.Contains(b.Code, `from "npm:zod@4"`) || !strings.Contains(b.Code, `from "jsr:/@std/assert"`) {
		t.Errorf("packages that the configuration file names are left to Deno; got %v in\n%v", err, b)
	}
	if err := os.WriteFile(filepath.Join(folder, "deno.jsonc"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(filepath.Join(folder, "src", "app.ts"), false, Deno); err == nil || !strings.Contains(err.Error(), "deno.jsonc: is not a valid configuration file of Deno") {
		t.Errorf("an invalid configuration file is an error; got %v", err)
	}
}

func TestNewForARuntimeReportsImportsThatCannotBeResolved(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\nimport { z } from \"zod\";\nconsole.log(z);": `:2:19: the package "zod" is not installed: run npm install zod`,
		"const z = require(\"zod/v4\");":                `:1:19: the package "zod" is not installed: run npm install zod`,
		"import a from \"./none\"; console.log(a)":      `:1:15: Could not resolve "./none": there is no such file`,
		"import a from \"pkg/none\"; console.log(a)":    `:1:15: the package "pkg" is installed, but has no "pkg/none": the exports in its package.json are what can be imported`,
		"import \"bun:sqlite\"":                         `:1:8: "bun:sqlite" is a module of Bun`,
		"import \"npm:zod\"":                            `:1:8: "npm:zod" is the name of a package for Deno`,
		"import \"cloudflare:sockets\"":                 `:1:8: "cloudflare:sockets" is a module of the Workers runtime, which Linger does not have`,
		"const a: = 1;":                                 `:1:10: Unexpected "="`,
	} {
		folder := project(t, map[string]string{"app.ts": text, "node_modules/pkg/package.json": `{"exports": {".": "./i.js"}}`})
		_, err := New(filepath.Join(folder, "app.ts"), false, Node)
		failure, ok := errors.AsType[*Error](err)
		if !ok || len(failure.Problems) != 1 || !strings.Contains(failure.Problems[0].String(), "app.ts"+want) {
			t.Errorf("%q is refused with one error that contains %q; got %v", text, want, err)
		}
	}
}

func TestNewForARuntimeMapsPositions(t *testing.T) {
	t.Parallel()
	folder := project(t, map[string]string{"app.ts": "import.meta.url;\nconst a: number = 1;\nexport const f = () => { throw new Error(\"x\"); };\n"})
	b, err := New(filepath.Join(folder, "app.ts"), false, Node)
	if err != nil {
		t.Fatal(err)
	}
	for number, line := range strings.Split(b.Code, "\n") {
		column := strings.Index(line, `new Error("x")`)
		if column < 0 {
			continue
		}
		want := Position{File: relativeName(filepath.Join(folder, "app.ts")), Line: 3, Column: 32}
		for file, at := range map[string]Position{Name: {Line: number + 1, Column: column + 1}, filepath.Join(folder, "app.ts"): want} {
			if got, ok := b.Sources.Find(file, at.Line, at.Column); !ok || got != want {
				t.Errorf("the error is thrown at %v, which is %v of %s; got %v", want, at, file, got)
			}
		}
		if got, ok := b.Sources.Find(filepath.Join(folder, "other.ts"), 1, 1); ok {
			t.Errorf("a file that is not in the bundle has no source position; got %v", got)
		}
		return
	}
	t.Errorf("the bundle contains the statement; got\n%s", b.Code)
}

func TestNewForARuntimeWritesASourceMapForDebuggers(t *testing.T) {
	t.Parallel()
	folder := project(t, map[string]string{"src/app.ts": "type A = string;\n\nconst f = (a: A) => { throw new Error(a); };\ntry { f(\"x\"); } catch (e) { console.log(e.stack.split(\"\\n\")[1].trim()); }\n"})
	b, err := New(filepath.Join(folder, "src", "app.ts"), false, Node)
	if err != nil {
		t.Fatal(err)
	}
	bundles, err := newFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file, err := bundles.Write(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "--enable-source-maps", file).CombinedOutput() //nolint:gosec // a file of the test
	if want := "at f (" + filepath.Join(folder, "src", "app.ts") + ":3:29)"; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("Node finds the sources with the map: %q; got %q, %v", want, out, err)
	}
}
