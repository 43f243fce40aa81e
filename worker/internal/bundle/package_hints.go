package bundle

import (
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The hints that several packages share.
const (
	serverHint   = "Linger is the server: listen to the events websocketupgrade, websocketmessage and fetch"
	databaseHint = "applications in it have no TCP connections: use a database over HTTP with fetch"
)

// packageHints are packages that need Node and that many applications try, each with what to use instead.
var packageHints = map[string]string{
	"bcrypt":         "it needs native code: use the package bcryptjs",
	"better-sqlite3": databaseHint,
	"express":        serverHint + "; the package hono has routes and middleware",
	"fastify":        serverHint + "; the package hono has routes and middleware",
	"ioredis":        databaseHint,
	"mongodb":        databaseHint,
	"mongoose":       databaseHint,
	"mysql2":         databaseHint,
	"node-fetch":     "use the global fetch",
	"pg":             databaseHint,
	"postgres":       databaseHint,
	"redis":          databaseHint,
	"socket.io":      serverHint + "; the package socket.io-parser encodes its packets",
	"sqlite3":        databaseHint,
	"ws":             serverHint + "; a client uses the global WebSocket",
}

// nodePackageHint returns the hint for an import of a package that needs modules of Node, with a separator before it, or "".
func nodePackageHint(imported string) string {
	if hint := packageHints[packageOf(imported)]; hint != "" {
		return ": " + hint
	}
	return ""
}

// nodeRuntimeHint returns the end of a text about modules of Node: that Node has them. It is "" for packages that are servers, because
// Linger is the server in all runtimes. instead reports whether the text names something else to use.
func nodeRuntimeHint(imported string, instead bool) string {
	switch {
	case strings.HasPrefix(packageHints[packageOf(imported)], serverHint):
		return ""
	case instead:
		return ", or add --runtime=node"
	}
	return ": add --runtime=node"
}

// refuseWS refuses the package ws where the application itself imports it: for browsers it has a function that only throws,
// and neither of its classes. Packages may import it, because they call it in Node only.
func refuseWS(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `^ws$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, own := args.PluginData.(resolving); own || inPackage(args.Importer) {
			return api.OnResolveResult{}, nil
		}
		found := resolveAgain(build, args)
		if !strings.HasSuffix(filepath.ToSlash(found.Path), "/node_modules/ws/browser.js") {
			return api.OnResolveResult{}, nil
		}
		return refuseImport("needs Node: " + packageHints["ws"])(args)
	})
}
