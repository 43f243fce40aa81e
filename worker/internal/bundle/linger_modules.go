package bundle

import (
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// refusedImports are patterns of imports that cannot work, each with the reason.
var refusedImports = map[string]string{
	`^(https?:)?//`: "is on the network: download the module and import it by a relative path",
	`^npm:`:         "is the name of a package for Deno: install it with npm install, and import it without npm:",
	`^jsr:`:         "is the name of a package for Deno: install it with npx jsr add, and import it without jsr:",
	`^bun(:|$)`:     "is a module of Bun, which Linger does not have",
}

// lingerModules are the modules that Linger provides, each with the globals that it exports.
var lingerModules = map[string][]string{
	"linger": {
		"env", "clients", "setWebSocketAutoResponse", "Clients", "ExtendableEvent", "FetchEvent", "WebSocketCloseEvent",
		"WebSocketConnection", "WebSocketDrainEvent", "WebSocketMessageEvent", "WebSocketPair", "WebSocketPeerCloseEvent",
		"WebSocketUpgradeEvent",
	},
	workersModuleName: {"DurableObject", "RpcTarget", "WorkerEntrypoint", "env", "waitUntil"},
}

// workersModuleName is the module of the Workers runtime. It is not a global.
const workersModuleName = "cloudflare:workers"

// lingerNamespace is the namespace of esbuild that contains the modules of Linger.
const lingerNamespace = "linger"

// resolveImports resolves imports of lingerModules, and refuses refusedImports.
func resolveImports(build api.PluginBuild) {
	for filter, reason := range refusedImports {
		build.OnResolve(api.OnResolveOptions{Filter: filter}, refuseImport(reason))
	}
	build.OnResolve(api.OnResolveOptions{Filter: `^(linger$|cloudflare:)`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, ok := lingerModules[args.Path]; !ok {
			return api.OnResolveResult{}, nil
		}
		return api.OnResolveResult{Path: args.Path, Namespace: lingerNamespace, SideEffects: api.SideEffectsFalse}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: lingerNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		from := "globalThis"
		if args.Path == workersModuleName {
			from = "__linger_node(" + literal(workersModuleName) + ")"
		}
		module := "export const { " + strings.Join(lingerModules[args.Path], ", ") + " } = " + from + ";"
		return api.OnLoadResult{Contents: &module, Loader: api.LoaderJS}, nil
	})
}

// refuseImport returns a resolver that reports an error at the position of the import.
func refuseImport(reason string) func(api.OnResolveArgs) (api.OnResolveResult, error) {
	return func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Errors: []api.Message{{Text: literal(args.Path) + " " + reason}}}, nil
	}
}
