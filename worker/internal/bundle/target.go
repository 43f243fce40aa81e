package bundle

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Target is the runtime for which a bundle is made. The names are those of worker.Runtime.
type Target string

// The targets. The bundle for the embedded engine contains the packages that the application imports; the others have
// modules of Node and packages of their own, so that a bundle for them contains the application's own files only.
const (
	Embedded Target = ""
	Node     Target = "node"
	Bun      Target = "bun"
	Deno     Target = "deno"
)

// conditions are the conditions with which a runtime selects the exports of packages, in addition to "import", "require"
// and "default".
var conditions = map[Target][]string{
	Node: {"module-sync", "node-addons"},
	Bun:  {"bun", "module-sync", "node-addons"},
	Deno: {"deno", "module-sync", "node-addons"},
}

// runtimeOutput is the file name of a bundle for a runtime other than the embedded engine.
const runtimeOutput = "app.mjs"

// runtimeOptions returns the options for a bundle whose target is not the embedded engine.
func runtimeOptions(entry string, development bool, target Target) api.BuildOptions {
	return api.BuildOptions{
		EntryPoints: []string{entry},
		Bundle:      true,
		Format:      api.FormatESModule,
		Platform:    api.PlatformNode,
		Conditions:  conditions[target],
		MainFields:  []string{"main", "module"},
		Define:      runtimeDefinitions(development, target),
		Banner: map[string]string{"js": `import { createRequire as __linger_createRequire } from "node:module"; ` +
			`const __linger_require = __linger_createRequire(` + literal(fileURL(entry)) + `);`},
		Engines:       []api.Engine{{Name: api.EngineNode, Version: "20.10"}}, // the others have everything that Node has
		Charset:       api.CharsetUTF8,
		Sourcemap:     api.SourceMapLinked,
		Outfile:       runtimeOutput,
		KeepNames:     true,
		Metafile:      true,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins: []api.Plugin{
			{Name: "imports", Setup: target.resolveImports},
			{Name: "packages", Setup: target.leavePackages},
			{Name: "file", Setup: describeFiles},
			{Name: "formats", Setup: target.loadFormats},
		},
	}
}

// withRequire returns the code of a bundle with a definition of require, in its first line, if the code calls it with names that are
// known only at run time: the bundler takes it from the environment, where ES modules do not have it.
func withRequire(code string) string {
	if !strings.Contains(code, "typeof require !==") {
		return code
	}
	first, rest, _ := strings.Cut(code, "\n")
	return first + " var require = __linger_require;\n" + rest
}

// runtimeDefinitions returns the expressions that the bundler replaces. Bun has an import.meta.env of its own.
func runtimeDefinitions(development bool, target Target) map[string]string {
	define := map[string]string{}
	for expression, export := range fileExpressions {
		define[expression] = filePrefix + export
	}
	if target == Bun {
		return define
	}
	flags := modeFlags(development)
	define["import.meta.env"] = literal(flags)
	for name, value := range flags {
		define["import.meta.env."+name] = literal(value)
	}
	return define
}

// The bundle is one file, but each source file expects its own path in import.meta.url and similar expressions. The bundler
// replaces them by names that the file imports from a module, which is different for each importing file.

// fileModule is the name of this module in imports, and fileNamespace its namespace in esbuild.
const (
	fileModule    = "linger:file"
	fileNamespace = "linger-file"
	filePrefix    = "__linger_file_"
)

// fileExpressions are the expressions whose value depends on the file, each with the export of fileModule that replaces it.
var fileExpressions = map[string]string{
	"import.meta.url":      "url",
	"import.meta.filename": "filename",
	"import.meta.dirname":  "dirname",
	"import.meta.resolve":  "resolve",
	"import.meta.path":     "filename", // of Bun, as is dir
	"import.meta.dir":      "dirname",
	"__filename":           "filename",
	"__dirname":            "dirname",
}

// fileImport is the import of fileModule that is added at the end of a script, so that no position changes.
const fileImport = "\nimport { url as " + filePrefix + "url, filename as " + filePrefix + "filename, dirname as " + filePrefix + "dirname, " +
	"resolve as " + filePrefix + `resolve } from "` + fileModule + `";`

// usesFile reports whether a script may contain one of fileExpressions.
func usesFile(text string) bool {
	return strings.Contains(text, "import.meta") || strings.Contains(text, "__filename") || strings.Contains(text, "__dirname")
}

// describeFiles is the plugin that provides fileModule.
func describeFiles(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `^` + fileModule + `$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: args.Importer, Namespace: fileNamespace, SideEffects: api.SideEffectsFalse}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: fileNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		contents := "export const url = " + literal(fileURL(args.Path)) +
			", filename = " + literal(args.Path) + ", dirname = " + literal(filepath.Dir(args.Path)) + ";\n" +
			`export const resolve = /* @__PURE__ */ ((from) => (name) => {
	if (/^[./]/.test(name) || URL.canParse(name)) return new URL(name, url).href;
	const path = __linger_createRequire(from).resolve(name);
	const found = new URL(url);
	if (!/[/\\]/.test(path)) return "node:" + path;
	found.pathname = path.replaceAll("%", "%25");
	return found.href;
})(url);`
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
	})
}

// fileURL returns the URL of a file.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a drive of Windows
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// withRoot returns a source map in JSON whose sources are relative to the working directory with their absolute names, for
// debuggers.
func withRoot(sourceMap []byte) ([]byte, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var content map[string]json.RawMessage
	if err := json.Unmarshal(sourceMap, &content); err != nil {
		return nil, err
	}
	content["sourceRoot"] = json.RawMessage(literal(fileURL(here) + "/"))
	return json.Marshal(content)
}
