package bundle

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// refusedImports are patterns of imports that cannot work, each with the reason.
var refusedImports = map[string]string{
	`^(https?:)?//`: "is on the network: download the module and import it by a relative path, or add --runtime=deno",
	`^npm:`:         "is the name of a package for Deno: install it with npm install, and import it without npm:, or add --runtime=deno",
	`^jsr:`:         "is the name of a package for Deno: install it with npx jsr add, and import it without jsr:, or add --runtime=deno",
	`^bun(:|$)`:     "is a module of Bun: add --runtime=bun",
}

// ownImports are the patterns of refusedImports that a target has.
var ownImports = map[Target][]string{
	Bun:  {`^bun(:|$)`},
	Deno: {`^(https?:)?//`, `^npm:`, `^jsr:`},
}

// lingerModules are the modules that Linger provides, each with the globals that it exports.
var lingerModules = map[string][]string{
	"linger": {
		"env", "clients", "setWebSocketAutoResponse", "Clients", "ExtendableEvent", "FetchEvent", "WebSocketCloseEvent",
		"WebSocketConnection", "WebSocketDrainEvent", "WebSocketMessageEvent", "WebSocketPair", "WebSocketPeerCloseEvent",
		"WebSocketPresenceEvent", "WebSocketUpgradeEvent",
	},
	workersModuleName: {
		"DurableObject", "RpcPromise", "RpcProperty", "RpcStub", "RpcTarget", "WorkerEntrypoint", "env", "exports", "waitUntil",
		"withEnv", "withEnvAndExports", "withExports",
	},
}

// testModuleName is the module that tests of applications import, and testModule its source.
const testModuleName = "linger:test"

//go:embed testing.js
var testModule string

// workersModuleName is the module of the Workers runtime. It is not a global.
const workersModuleName = "cloudflare:workers"

// workersAbsent are exports of this module in the Workers runtime that do not exist here. Packages can import them: the first ones
// throw when they are called, the others are undefined. In the files of the application such an import is an error.
var workersAbsent = struct{ throwing, undefined string }{
	"ServiceStub WorkflowEntrypoint abortIsolate restore",
	"cache tracing",
}

// The namespaces of esbuild that contain the modules of Linger.
const (
	lingerNamespace        = "linger"
	lingerPackageNamespace = "linger-package" // for files of packages, with the exports of workersAbsent
)

// resolveImports resolves imports of lingerModules, and refuses those of refusedImports that the target does not have.
func (t Target) resolveImports(build api.PluginBuild) {
	for filter, reason := range refusedImports {
		resolve := refuseImport(reason)
		if slices.Contains(ownImports[t], filter) {
			resolve = leaveImport
		}
		build.OnResolve(api.OnResolveOptions{Filter: filter}, resolve)
	}
	build.OnResolve(api.OnResolveOptions{Filter: `^(linger$|cloudflare:)`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, ok := lingerModules[args.Path]; !ok {
			return api.OnResolveResult{}, nil
		}
		result := api.OnResolveResult{Path: args.Path, Namespace: lingerNamespace, SideEffects: api.SideEffectsFalse}
		if args.Path == workersModuleName && inPackage(args.Importer) {
			result.Namespace = lingerPackageNamespace
		}
		return result, nil
	})
	build.OnResolve(api.OnResolveOptions{Filter: "^" + testModuleName + "$"}, t.resolveTest)
	for _, namespace := range []string{lingerNamespace, lingerPackageNamespace} {
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: namespace}, t.loadLinger)
	}
}

// resolveTest resolves the module for tests, which run in the embedded engine.
func (t Target) resolveTest(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if t != Embedded {
		return refuseImport("is for tests, which `linger test` runs: import it in files NAME.test.js or NAME.test.ts only")(args)
	}
	return api.OnResolveResult{Path: args.Path, Namespace: lingerNamespace}, nil
}

// loadLinger returns a module of Linger.
func (t Target) loadLinger(args api.OnLoadArgs) (api.OnLoadResult, error) {
	if args.Path == testModuleName {
		return api.OnLoadResult{Contents: &testModule, Loader: api.LoaderJS}, nil
	}
	module, absent := "__linger_node", `__linger_node("errors/absentMember")`
	if t != Embedded {
		module = `globalThis[Symbol.for("linger.modules")]`
		absent = "(name, text) => function () { throw new Error(text); }"
	}
	from := "globalThis"
	if args.Path == workersModuleName {
		from = module + "(" + literal(workersModuleName) + ")"
	}
	var out strings.Builder
	out.WriteString("export const { " + strings.Join(lingerModules[args.Path], ", ") + " } = " + from + ";\n")
	if args.Namespace == lingerPackageNamespace {
		out.WriteString("const absent = (what) => (" + absent + ")(what, what + \" of the Workers runtime is not available in Linger\");\n")
		writeExports(&out, strings.Fields(workersAbsent.throwing), `absent(%q)`)
		writeExports(&out, strings.Fields(workersAbsent.undefined), `(%q, undefined)`)
	}
	contents := out.String()
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
}

// leaveImport is a resolver that leaves an import to the runtime.
func leaveImport(args api.OnResolveArgs) (api.OnResolveResult, error) {
	return api.OnResolveResult{Path: args.Path, External: true}, nil
}

// refuseImport returns a resolver that reports an error at the position of the import.
func refuseImport(reason string) func(api.OnResolveArgs) (api.OnResolveResult, error) {
	return func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Errors: []api.Message{{Text: literal(args.Path) + " " + reason}}}, nil
	}
}
