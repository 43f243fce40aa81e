package bundle

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// Name is the file name of a bundle in stacks.
const Name = "linger:app"

// Bundle is an application as one script.
type Bundle struct {
	Code     string    // an ES module; for the embedded engine it has no imports
	Sources  *Sources  // maps positions in Code to the source files
	Files    []string  // the absolute paths of all files in the bundle, sorted
	Warnings []Problem // the bundler's warnings about the application's own files, up to maxWarnings

	// Refusals are the errors that the code throws when a package loads a module of Node that does not exist, by their messages.
	Refusals map[string]Problem

	// Installed reports whether the code contains installed packages, or loads them.
	Installed bool

	left      map[leftImport]Problem // the imports that are left to the runtime, with their positions
	sourceMap []byte                 // the source map in JSON; its sources are relative to the working directory
}

// New bundles the module at path with everything it imports, for a target. development selects the development mode instead of
// that for production; targets other than the embedded engine take NODE_ENV from their environment. The error is an *[Error].
func New(path string, development bool, target Target) (*Bundle, error) {
	return readUnchanged(path, func() (*Bundle, error) { return readBundle(path, development, target) })
}

// readUnchanged calls read again as long as a file was written during the reading, so that a bundle never mixes two
// states of the files.
func readUnchanged(path string, read func() (*Bundle, error)) (*Bundle, error) {
	for range maxReadings {
		began := time.Now()
		b, err := read()
		if err != nil || !b.changedSince(began.Add(-clockStep)) {
			return b, err
		}
	}
	return nil, fileError(path, "cannot be read in one state: its files keep changing while they are read")
}

const (
	maxReadings = 20
	clockStep   = 10 * time.Millisecond // the resolution of modification times on most file systems
)

// changedSince reports whether one of the files was modified after a moment. Modification times in the future are ignored.
func (b *Bundle) changedSince(moment time.Time) bool {
	return slices.ContainsFunc(b.Files, func(file string) bool {
		info, err := os.Stat(file)
		return err == nil && info.ModTime().After(moment) && !info.ModTime().After(time.Now())
	})
}

func readBundle(path string, development bool, target Target) (*Bundle, error) {
	absolute, err := entryPath(path)
	if err != nil {
		return nil, err
	}
	absent := &absentImports{}
	options, err := optionsFor(target, absolute, development, absent)
	if err != nil {
		return nil, err
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, problemsOfBundler(result.Errors, options)
	}
	b, err := newBundle(result.OutputFiles)
	if err == nil {
		b.Files, err = inputs(result.Metafile)
		b.Installed = strings.Contains(result.Metafile, "/node_modules/")
		b.Warnings, b.left = bundlerWarnings(result.Warnings), leftProblems(result.Warnings)
		absent.describe(b, options, result.Warnings)
	}
	return b, err
}

// optionsFor returns the bundler's options for a target.
func optionsFor(target Target, entry string, development bool, absent *absentImports) (api.BuildOptions, error) {
	if target == Embedded {
		return embeddedOptions(entry, development, absent), nil
	}
	options := runtimeOptions(entry, development, target)
	if target == Deno {
		imports, err := readDenoImports(entry)
		if err != nil {
			return options, err
		}
		options.Plugins = append([]api.Plugin{{Name: "deno", Setup: imports.resolve}}, options.Plugins...)
	}
	return options, nil
}

// entryPath returns the absolute path of an application's module. The error is an *[Error] if path is not a readable script.
func entryPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fileError(path, err.Error())
	}
	info, err := os.Stat(absolute)
	switch {
	case err != nil:
		return "", fileError(path, "cannot be read: "+reasonOf(err))
	case info.IsDir():
		return "", fileError(path, "is a directory: name the application's module in it, a .js or .ts file")
	case formatOf(absolute) != script:
		return "", fileError(path, "is not a script: name the application's module, a .js or .ts file")
	}
	return absolute, nil
}

// embeddedOutput is the file name of a bundle for the embedded engine. The source map names the sources relative to it; no file is
// written.
const embeddedOutput = "app.js"

func embeddedOptions(entry string, development bool, absent *absentImports) api.BuildOptions {
	define, banner := environment(entry, development)
	return api.BuildOptions{
		EntryPoints: []string{entry},
		Bundle:      true,
		Format:      api.FormatESModule,
		// Packages for browsers do not import modules of Node. This platform selects them by the browser field of
		// package.json. The conditions are those of wrangler.
		Platform:      api.PlatformBrowser,
		Conditions:    []string{"workerd", "worker", "browser"},
		MainFields:    []string{"browser", "module", "main"},
		Define:        define,
		Banner:        map[string]string{"js": banner},
		Target:        api.ES2023,
		Charset:       api.CharsetUTF8,
		Sourcemap:     api.SourceMapExternal,
		Outfile:       embeddedOutput,
		KeepNames:     true, // otherwise esbuild renames a class that refers to itself
		Metafile:      true,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins: []api.Plugin{
			{Name: "imports", Setup: Embedded.resolveImports},
			{Name: "ws", Setup: refuseWS},
			nodePlugin(absent),
			workersPlugin(absent),
			{Name: "formats", Setup: Embedded.loadFormats},
		},
	}
}

// environment returns the definitions that packages expect from a bundler: constants for the expressions that select
// between development and production, and objects for all other uses of process.env and import.meta.env. process.env
// contains the application's variables as text. It is the same object as that of the global process, but its use does not
// load process.
func environment(entry string, development bool) (define map[string]string, banner string) {
	mode := modeOf(development)
	flags := modeFlags(development)
	define = map[string]string{
		"import.meta.env": "__linger_import_meta_env",
		"import.meta.url": literal("file:///" + url.PathEscape(filepath.Base(entry))), // an absolute URL, for packages that resolve others with it
	}
	for name, value := range flags {
		define["import.meta.env."+name] = literal(value)
	}
	for _, process := range []string{"process", "globalThis.process", "self.process"} {
		define[process+".env"] = "__linger_process_env"
		define[process+".env.NODE_ENV"] = literal(mode)
	}
	// The runtime sets two functions as properties of import.meta: nodeModule(name) returns a module of Node, and processEnv(mode)
	// returns process.env.
	return define, "var __linger_node = import.meta.nodeModule, __linger_process_env = import.meta.processEnv(" + literal(mode) + ")" +
		", __linger_import_meta_env = " + literal(flags) + "; delete import.meta.nodeModule; delete import.meta.processEnv;"
}

// modeOf returns the name of a mode.
func modeOf(development bool) string {
	if development {
		return "development"
	}
	return "production"
}

// modeFlags returns the properties of import.meta.env.
func modeFlags(development bool) map[string]any {
	return map[string]any{"MODE": modeOf(development), "DEV": development, "PROD": !development, "SSR": true}
}

// literal returns a value as a JavaScript expression.
func literal(value any) string {
	text, _ := json.Marshal(value) // strings and booleans, and maps of them
	return string(text)
}

// inputs returns the absolute paths of the files in a bundle, sorted.
func inputs(metafile string) ([]string, error) {
	var meta struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, &Error{Problems: []Problem{{Text: "the bundler's list of files cannot be read: " + err.Error()}}}
	}
	files := make([]string, 0, len(meta.Inputs))
	for name := range meta.Inputs {
		if file, ok := inputFile(name); ok && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	return files, nil
}

// inputFile returns the file that an input of a bundle was read from. Modules of Linger, and modules that a package.json
// disables, have no file.
func inputFile(name string) (string, bool) {
	for _, prefix := range []string{
		"(disabled):", "<", lingerNamespace + ":", lingerPackageNamespace + ":", nodeNamespace + ":", nodePackageNamespace + ":", nodeRequireNamespace + ":", absentNamespace + ":",
		fileNamespace + ":", commonJSNamespace + ":",
	} {
		if strings.HasPrefix(name, prefix) {
			return "", false
		}
	}
	file, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	if _, err := os.Stat(file); err != nil { // "page.html?raw"
		file, _, _ = strings.Cut(file, "?")
	}
	return file, true
}

// newBundle returns the bundle with the script and the source map among the bundler's output files; other files are ignored.
func newBundle(files []api.OutputFile) (*Bundle, error) {
	var b Bundle
	for _, f := range files {
		switch filepath.Base(f.Path) {
		case embeddedOutput:
			b.Code = string(f.Contents)
		case runtimeOutput:
			b.Code = withRequire(string(f.Contents))
		case embeddedOutput + ".map", runtimeOutput + ".map":
			b.sourceMap = f.Contents
			sources, err := NewSources(f.Contents)
			if err != nil {
				return nil, &Error{Problems: []Problem{{Text: "the bundler's source map cannot be read: " + err.Error()}}}
			}
			b.Sources = sources
		}
	}
	if b.Sources == nil {
		return nil, &Error{Problems: []Problem{{Text: "the bundler has returned no script"}}}
	}
	return &b, nil
}

// bundlerWarnings returns the bundler's warnings about the application's own files.
func bundlerWarnings(messages []api.Message) []Problem {
	var list []Problem
	for _, m := range messages {
		if _, left := m.Detail.(leftImport); !left && !inPackage(fileOf(m)) && len(list) < maxWarnings {
			list = append(list, problemOf(m, m.Text))
		}
	}
	return list
}

// maxWarnings bounds the warnings of a bundle.
const maxWarnings = 100
