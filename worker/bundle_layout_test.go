package worker_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/lingerws/linger/worker"
)

// files creates files below a folder. Their names are paths relative to it.
func files(t *testing.T, folder string, contents map[string]string) {
	t.Helper()
	for name, text := range contents {
		path := filepath.Join(folder, filepath.FromSlash(name))
		writeIn(t, mkdir(t, filepath.Dir(path)), filepath.Base(path), text)
	}
}

// link creates a symbolic link to a folder; both are relative to root.
func link(t *testing.T, root, name, target string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	mkdir(t, filepath.Dir(path))
	if err := os.Symlink(filepath.Join(root, filepath.FromSlash(target)), path); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("symbolic links need a privilege")
		}
		t.Fatal(err)
	}
}

func TestLoadFindsPackagesOfWorkspacesAndPnpm(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	root := t.TempDir()
	const store = "node_modules/.pnpm/dep@1.0.0/node_modules/"
	files(t, root, map[string]string{
		"apps/web/app.ts": `import lib from "@acme/lib"; import { part } from "@acme/lib/part"; import dep from "dep";
			export default { fetch: () => new Response([lib, part, dep].join(" ")) };`,
		"packages/lib/package.json": `{"name": "@acme/lib", "exports": {".": {"types": "./none.d.ts", "node": "./none.js", "workerd": "./src/workerd.ts", "default": "./none.js"},
			"./*": "./src/*.ts"}, "imports": {"#in": {"workerd": "./src/in.ts", "default": "./none.js"}}}`,
		"packages/lib/src/workerd.ts": `import own from "#in"; import dep from "dep"; export default own + dep;`,
		"packages/lib/src/in.ts":      `export default "own ";`,
		"packages/lib/src/part.ts":    `export const part: number = 5;`,
		store + "dep/package.json":    `{"main": "i.js"}`,
		store + "dep/i.js":            `module.exports = "dep of " + require("sub");`,
		store + "sub/package.json":    `{"main": "i.js"}`,
		store + "sub/i.js":            `module.exports = "sub";`,
	})
	link(t, root, "apps/web/node_modules/@acme/lib", "packages/lib")
	link(t, root, "apps/web/node_modules/dep", store+"dep")
	link(t, root, "packages/lib/node_modules/dep", store+"dep")
	serveFile(t, filepath.Join(root, "apps", "web", "app.ts"), worker.Options{}).get("/", 200, "own dep of sub 5 dep of sub")
}

func TestLoadFollowsPathsOfTSConfig(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files(t, root, map[string]string{
		"tsconfig.json":      `{"extends": "./base.json", "compilerOptions": {"paths": {"@/*": ["./src/*"], "config": ["./src/config.ts"]}}} // comments are allowed`,
		"base.json":          `{"compilerOptions": {"strict": true}}`,
		"src/text/hello.ts":  `export const hello = "hello";`,
		"src/config.ts":      `export default "config";`,
		"src/routes/main.ts": `import { hello } from "@/text/hello"; import config from "config"; export default { fetch: () => new Response(hello + " " + config) };`,
	})
	serveFile(t, filepath.Join(root, "src", "routes", "main.ts"), worker.Options{}).get("/", 200, "hello config")
}

func TestLoadConnectsModuleFormats(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	root := t.TempDir()
	files(t, root, map[string]string{
		"app.js": `
			import cjs, { named } from "./common.cjs";
			import * as namespace from "./common.cjs";
			import transpiled, { other } from "./transpiled.js";
			const lazy = await import("./lazy.js");
			const required = require("./module.mjs");
			const { default: again } = await import("./common.cjs");
			const url = new URL("./x.wasm", import.meta.url);
			export default { fetch: () => new Response([cjs.named, named, namespace.named, transpiled, other, lazy.default, lazy.state.count, required.default, required.named,
				again === cjs, url.href].join(" ")) };`,
		"common.cjs":    `exports.named = "named"; exports.self = module.exports === exports && typeof __dirname;`,
		"transpiled.js": `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "default"; exports.other = "other";`,
		"lazy.js":       `import { state } from "./state.js"; state.count++; export { state }; export default "lazy";`,
		"state.js":      `export const state = { count: 0 };`,
		"module.mjs":    `export default "module"; export const named = "of module";`,
	})
	path := filepath.Join(root, "app.js")
	serveFile(t, path, worker.Options{}).get("/", 200, "named named named default other lazy 1 module of module true file:///x.wasm")

	files(t, root, map[string]string{"app.js": `await 0; export default require("./waits.mjs").x;`, "waits.mjs": `export const x = await 7;`})
	wantProblem(t, path, worker.Options{}, "app.js:1:", "top-level await")
}

// The bundler looks for the manifest in the working directory and above.
func TestLoadFollowsYarnPlugAndPlay(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	files(t, root, map[string]string{
		"package.json": `{"name": "app"}`,
		"app.js":       `import dep from "dep"; export default { fetch: () => new Response(dep) };`,
		".pnp.data.json": `{"__info": [], "enableTopLevelFallback": true, "ignorePatternData": null, "fallbackExclusionList": [], "fallbackPool": [],
			"dependencyTreeRoots": [{"name": "app", "reference": "workspace:."}], "packageRegistryData": [
			[null, [[null, {"packageLocation": "./", "packageDependencies": [["dep", "npm:1.0.0"]], "linkType": "SOFT"}]]],
			["app", [["workspace:.", {"packageLocation": "./", "packageDependencies": [["dep", "npm:1.0.0"], ["app", "workspace:."]], "linkType": "SOFT"}]]],
			["dep", [["npm:1.0.0", {"packageLocation": "./.yarn/unplugged/dep/node_modules/dep/", "packageDependencies": [["dep", "npm:1.0.0"]], "linkType": "HARD"}]]]]}`,
		".yarn/unplugged/dep/node_modules/dep/package.json": `{"name": "dep", "main": "i.js"}`,
		".yarn/unplugged/dep/node_modules/dep/i.js":         `module.exports = "dep";`,
	})
	serveFile(t, filepath.Join(root, "app.js"), worker.Options{}).get("/", 200, "dep")
}
