package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A runtime other than the embedded engine loads packages itself, so that native addons, and what packages read beside their own
// files, work. The bundler finds them, with the conditions of the runtime, and the bundle names each by its absolute path: it can
// then be anywhere, and several versions of a package in a repository with several packages remain apart.

// commonJSNamespace is the namespace of esbuild of the modules that load a CommonJS module with require. Their paths are those of
// the modules. All properties of the exports can then be imported by name, as from a module in the bundle.
const commonJSNamespace = "linger-commonjs"

// leavePackages is the plugin that leaves packages and built-in modules to the runtime.
func (t Target) leavePackages(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `.*`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if _, own := args.PluginData.(resolving); own || args.Namespace != "file" || args.Kind == api.ResolveEntryPoint || !isImport(args.Kind) {
			return api.OnResolveResult{}, nil
		}
		found := resolveAgain(build, args)
		switch {
		case len(found.Errors) > 0:
			return api.OnResolveResult{}, nil // the bundler reports it
		case found.External:
			return t.leaveBuiltIn(found.Path, args.Kind), nil
		case found.Namespace != "file" || found.Suffix != "" || len(args.With) > 0 || !isLeft(found.Path):
			return api.OnResolveResult{}, nil
		}
		return leaveFile(found.Path, args.Kind), nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: commonJSNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		contents := "module.exports = __linger_require(" + literal(args.Path) + ");"
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
	})
}

// isImport reports whether an import is one of a script.
func isImport(kind api.ResolveKind) bool {
	return kind == api.ResolveJSImportStatement || isLoadedLater(kind)
}

// leaveBuiltIn returns the result for a module that is a part of the runtime.
func (t Target) leaveBuiltIn(name string, kind api.ResolveKind) api.OnResolveResult {
	if !strings.Contains(name, ":") && !(t == Bun && name == "bun") {
		name = "node:" + name // Deno requires the prefix
	}
	if kind == api.ResolveJSRequireCall {
		return api.OnResolveResult{Path: name, Namespace: commonJSNamespace}
	}
	return api.OnResolveResult{Path: name, External: true}
}

// leaveFile returns the result for a file of a package.
func leaveFile(path string, kind api.ResolveKind) api.OnResolveResult {
	switch {
	case kind == api.ResolveJSRequireResolve:
		return api.OnResolveResult{Path: path, External: true}
	case kind == api.ResolveJSRequireCall || isCommonJS(path):
		return api.OnResolveResult{Path: path, Namespace: commonJSNamespace}
	}
	return api.OnResolveResult{Path: fileURL(path), External: true}
}

// isLeft reports whether a file is left to the runtime: a script of a package, or an addon. Files in other formats are
// bundled, and so are scripts that the runtime could not load: those in TypeScript or with JSX, and those that import the modules of
// Linger.
func isLeft(path string) bool {
	suffix := strings.ToLower(filepath.Ext(path))
	switch {
	case suffix == ".node":
		return true
	case !inPackage(path) || !slices.Contains([]string{"", ".js", ".mjs", ".cjs"}, suffix):
		return false
	}
	content, err := os.ReadFile(path)
	return err != nil || !importsLinger.Match(content)
}

// importsLinger matches an import of a module of Linger.
var importsLinger = regexp.MustCompile(`(from\s*|import\s*\(?\s*)["'](linger|` + workersModuleName + `)["']`)

// moduleSyntax matches a statement that only an ES module can contain.
var moduleSyntax = regexp.MustCompile(`(?m)^\s*(import\s*[\w{*"']|export\s*(default|const|let|var|class|async|function|[{*])\b?)`)

// isCommonJS reports whether a script of a package is a CommonJS module, by the rules of Node.
func isCommonJS(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".cjs", ".node":
		return true
	case ".mjs":
		return false
	}
	if kind := packageType(filepath.Dir(path)); kind != "" {
		return kind == "commonjs"
	}
	content, err := os.ReadFile(path)
	return err != nil || !moduleSyntax.Match(content)
}

// packageType returns the field "type" of the package.json that applies to the files in a folder, "" if it has none.
func packageType(folder string) string {
	for filepath.Base(folder) != "node_modules" && filepath.Dir(folder) != folder {
		if content, err := os.ReadFile(filepath.Join(folder, "package.json")); err == nil {
			var fields struct{ Type string }
			_ = json.Unmarshal(content, &fields) // the runtime reports invalid JSON
			return fields.Type
		}
		folder = filepath.Dir(folder)
	}
	return ""
}
