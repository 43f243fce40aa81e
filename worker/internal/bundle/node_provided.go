package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The modules of Node that Linger has are part of the code of the globals: the function __linger_node of a bundle returns one. The
// bundle contains a small module for each, which has its exports, so that an import of a name that does not exist is an error of
// the bundler.

// The namespaces of esbuild of these modules.
const (
	nodeNamespace        = "node"         // ES modules, for files of the application
	nodePackageNamespace = "node-package" // ES modules, for files of packages, with the exports of nodeAbsent
	nodeRequireNamespace = "node-require" // CommonJS modules
)

// nodePlugin returns the plugin that resolves imports of modules of Node.
func nodePlugin(absent *absentImports) api.Plugin {
	return api.Plugin{Name: "node", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^[a-z]`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if _, own := args.PluginData.(resolving); own || !isNodeModule(args.Path) || isReplaced(build, args) {
				return api.OnResolveResult{}, nil
			}
			return resolveNode(absent, args), nil
		})
		for _, namespace := range []string{nodeNamespace, nodePackageNamespace, nodeRequireNamespace} {
			build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: namespace}, loadNode)
		}
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: absentNamespace}, absent.load)
	}}
}

// isReplaced reports whether the name of a module of Node has another meaning in a file: it is an installed package, an alias of
// tsconfig.json, or replaced by the field browser of a package.
func isReplaced(build api.PluginBuild, args api.OnResolveArgs) bool {
	found := resolveAgain(build, args)
	return len(found.Errors) == 0 && !found.External
}

// resolveNode resolves an import of a module of Node. For one that does not exist, in a file of the application, it returns the
// zero value, so that the bundler reports it.
func resolveNode(absent *absentImports, args api.OnResolveArgs) api.OnResolveResult {
	name := strings.TrimPrefix(args.Path, "node:")
	switch {
	case nodeExports[name] == "" && !inPackage(args.Importer):
		return api.OnResolveResult{}
	case nodeExports[name] == "":
		return absent.resolve(absentImport{name: args.Path, throws: isLoadedLater(args.Kind)})
	case isRequired(args.Kind):
		return api.OnResolveResult{Path: name, Namespace: nodeRequireNamespace}
	case inPackage(args.Importer):
		return api.OnResolveResult{Path: name, Namespace: nodePackageNamespace}
	}
	return api.OnResolveResult{Path: name, Namespace: nodeNamespace}
}

// isRequired reports whether an import is a call of require.
func isRequired(kind api.ResolveKind) bool {
	return kind == api.ResolveJSRequireCall || kind == api.ResolveJSRequireResolve
}

// isLoadedLater reports whether an import is a call, of require or import(), which a program may avoid.
func isLoadedLater(kind api.ResolveKind) bool {
	return isRequired(kind) || kind == api.ResolveJSDynamicImport
}

// loadNode returns the module for a module of Node. The exports are pure, so that those that are not used are removed.
func loadNode(args api.OnLoadArgs) (api.OnLoadResult, error) {
	var out strings.Builder
	load := fmt.Sprintf(`__linger_node(%q)`, args.Path)
	if args.Namespace == nodeRequireNamespace {
		out.WriteString("module.exports = " + load + ";")
	} else {
		fmt.Fprintf(&out, "const get = (name) => %s[name];\nexport default /* @__PURE__ */ (() => %s)();\n", load, load)
		writeExports(&out, strings.Fields(nodeExports[args.Path]), `get(%q)`)
		if args.Namespace == nodePackageNamespace {
			absent := strings.ReplaceAll(args.Path, "/", ".") + "."
			fmt.Fprintf(&out, "const absent = (name) => __linger_node(\"errors/absentMember\")(%q + name);\n", absent)
			writeExports(&out, strings.Fields(nodeAbsent[args.Path]), `absent(%q)`)
		}
	}
	contents := out.String()
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
}

// writeExports writes exports of the given names. In the expression for their values %q is the name.
func writeExports(out *strings.Builder, names []string, value string) {
	for _, name := range names {
		fmt.Fprintf(out, "const $%s = /* @__PURE__ */ "+value+";\n", name, name)
	}
	for _, name := range names {
		fmt.Fprintf(out, "export { $%s as %s };\n", name, name)
	}
}

// nodeExportNames returns the names of the exports of a module of Node, sorted, without those that throw.
func nodeExportNames(module string) []string {
	return slices.Sorted(slices.Values(strings.Fields(nodeExports[module])))
}
