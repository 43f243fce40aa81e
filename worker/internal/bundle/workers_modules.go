package bundle

import (
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// workersPrefix is what the names of the modules of the Workers runtime begin with.
const workersPrefix = "cloudflare:"

// refusedWorkersModules are the modules of the Workers runtime that Linger does not have, each with a replacement.
var refusedWorkersModules = map[string]string{
	"email":     "send messages to an email service with fetch",
	"node":      "export an object with a method fetch(request, env, ctx)",
	"pipelines": "there are no pipelines",
	"sockets":   "use fetch or WebSocket",
	"vectorize": "there are no Vectorize indexes",
	"workflows": "there are no workflows: an alarm of a Durable Object continues later, also after a restart",
}

// workersPlugin returns the plugin that resolves imports of modules of the Workers runtime that Linger does not have: packages get
// a substitute, as for the modules of Node. For the application's own files the bundler reports that they cannot be resolved.
func workersPlugin(absent *absentImports) api.Plugin {
	return api.Plugin{Name: "workers", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^` + workersPrefix}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if _, own := args.PluginData.(resolving); own || !inPackage(args.Importer) {
				return api.OnResolveResult{}, nil
			}
			return absent.resolve(absentImport{name: args.Path, throws: isLoadedLater(args.Kind)}), nil
		})
	}}
}

// workersReason returns the text of a problem about an import of a module of the Workers runtime.
func workersReason(name string) string {
	instead := refusedWorkersModules[strings.TrimPrefix(name, workersPrefix)]
	if instead == "" {
		return literal(name) + " does not exist: the module of the Workers runtime that Linger has is cloudflare:workers"
	}
	return literal(name) + " is a module of the Workers runtime, which Linger does not have: " + instead
}
