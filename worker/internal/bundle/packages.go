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
			return leave(t.builtIn(found.Path), args.Path, args.Kind, false), nil
		case found.Namespace != "file" || found.Suffix != "" || len(args.With) > 0 || !isLeft(found.Path):
			return api.OnResolveResult{}, nil
		}
		return leave(found.Path, args.Path, args.Kind, isCommonJS(found.Path)), nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: commonJSNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		contents := "module.exports = __linger_require(" + literal(args.Path) + ");"
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
	})
}

// leftImport is an import that is left to the runtime.
type leftImport struct {
	module string // the name or path of the module, as the runtime gets it
	name   string // as written in the import
}

// leave returns the result for an import of a module that the runtime loads. The bundler adds the position of the import to the warning.
func leave(module, name string, kind api.ResolveKind, commonJS bool) api.OnResolveResult {
	result := api.OnResolveResult{Path: module, External: true, Warnings: []api.Message{{Text: "left", Detail: leftImport{module, name}}}}
	if kind == api.ResolveJSRequireCall || commonJS && kind != api.ResolveJSRequireResolve {
		result.External, result.Namespace = false, commonJSNamespace
	} else if filepath.IsAbs(module) && kind != api.ResolveJSRequireResolve {
		result.Path = fileURL(module)
	}
	return result
}

// leftProblems returns a problem for each import that was left to the runtime, with the position of the import and without a text.
func leftProblems(warnings []api.Message) map[leftImport]Problem {
	left := map[leftImport]Problem{}
	for _, m := range warnings {
		if found, ok := m.Detail.(leftImport); ok && left[found].File == "" {
			left[found] = problemOf(m, "")
		}
	}
	return left
}

// Failed returns the problem of an import that the runtime could not load. It reports whether the module of such an import is named in
// text, which is the runtime's error, or is one of files, which are those of its stack.
func (b *Bundle) Failed(text string, files ...string) (Problem, bool) {
	var best leftImport
	for found := range b.left {
		if (strings.Contains(text, found.module) || slices.Contains(files, found.module)) && len(found.module) > len(best.module) {
			best = found
		}
	}
	if best.module == "" {
		return Problem{}, false
	}
	p := b.left[best]
	p.Text = strings.NewReplacer("'"+fileURL(best.module)+"'", literal(best.name), "'"+best.module+"'", literal(best.name)).Replace(text)
	return p, true
}

// isImport reports whether an import is one of a script.
func isImport(kind api.ResolveKind) bool {
	return kind == api.ResolveJSImportStatement || isLoadedLater(kind)
}

// builtIn returns the name of a module that is a part of the runtime with its prefix, which Deno requires.
func (t Target) builtIn(name string) string {
	if strings.Contains(name, ":") || t == Bun && name == "bun" {
		return name
	}
	return "node:" + name
}

// isLeft reports whether a file is left to the runtime: a script of a package, or an addon. Files in other formats are
// bundled, and so are scripts that the runtime could not load: those in TypeScript or with JSX, and those that import the modules of
// Linger. A script that is not a file of its own, because it is in an archive of Yarn, is bundled too.
func isLeft(path string) bool {
	suffix := strings.ToLower(filepath.Ext(path))
	switch {
	case suffix == ".node":
		return true
	case !inPackage(path) || !slices.Contains([]string{"", ".js", ".mjs", ".cjs"}, suffix):
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && !importsLinger.Match(content)
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
