package worker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// bundleName is what stacks call the bundle before positions are traced back to
// the sources.
const bundleName = "linger:app"

// bundle is an application as one script.
type bundle struct {
	code    string
	sources *sourceMap
	files   []string // that it was made of, absolute

	warnings []Problem // of the bundler, about the application's own files
}

// newBundle bundles the module at path with everything it imports. The error is a *[LoadError].
func newBundle(path string, development bool) (*bundle, error) {
	return readWhole(path, func() (*bundle, error) { return readBundle(path, development) })
}

// readWhole reads a bundle again if one of its files was written meanwhile, so that no half of it is taken for the whole.
func readWhole(path string, read func() (*bundle, error)) (*bundle, error) {
	for range maxReadings {
		began := time.Now()
		b, err := read()
		if err != nil || !b.changedSince(began.Add(-clockStep)) {
			return b, err
		}
	}
	return nil, &LoadError{Problems: []Problem{{File: path, Text: "cannot be read as a whole: its files are changed again and again while they are read"}}}
}

const (
	maxReadings = 20
	clockStep   = 10 * time.Millisecond // by which the time of a change may be behind, on most file systems
)

// changedSince reports whether one of the files has changed since a moment.
func (b *bundle) changedSince(moment time.Time) bool {
	return slices.ContainsFunc(b.files, func(file string) bool {
		info, err := os.Stat(file)
		return err == nil && info.ModTime().After(moment) && !info.ModTime().After(time.Now())
	})
}

func readBundle(path string, development bool) (*bundle, error) {
	absolute, err := entryOf(path)
	if err != nil {
		return nil, err
	}
	options := buildOptions(absolute, development)
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, problemsOfBundler(result.Errors, options)
	}
	b, err := newBundleOf(result.OutputFiles)
	if err == nil {
		b.files, err = inputs(result.Metafile)
		b.warnings = bundlerWarnings(result.Warnings)
	}
	return b, err
}

// entryOf returns the absolute path of an application's module, if it can be one.
func entryOf(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", &LoadError{Problems: []Problem{{File: path, Text: err.Error()}}}
	}
	info, err := os.Stat(absolute)
	switch {
	case err != nil:
		return "", &LoadError{Problems: []Problem{{File: path, Text: "cannot be read: " + reasonOf(err)}}}
	case info.IsDir():
		return "", &LoadError{Problems: []Problem{{File: path, Text: "is a directory: name the application's module in it, a .js or .ts file"}}}
	case formatOf(absolute) != script:
		return "", &LoadError{Problems: []Problem{{File: path, Text: "is not a script: name the application's module, a .js or .ts file"}}}
	}
	return absolute, nil
}

// outputName is the name of the bundle, beside which the source map names the sources; nothing is written.
const outputName = "app.js"

func buildOptions(entry string, development bool) api.BuildOptions {
	define, banner := environment(development)
	return api.BuildOptions{
		EntryPoints: []string{entry},
		Bundle:      true,
		Format:      api.FormatESModule,
		// The platform of browsers is that of packages that need nothing of Node: it has the browser field of package.json
		// respected. The conditions are those of wrangler.
		Platform:      api.PlatformBrowser,
		Conditions:    []string{"workerd", "worker", "browser"},
		MainFields:    []string{"browser", "module", "main"},
		Define:        define,
		Banner:        map[string]string{"js": banner},
		Target:        api.ES2023,
		Charset:       api.CharsetUTF8,
		Sourcemap:     api.SourceMapExternal,
		Outfile:       outputName,
		KeepNames:     true, // esbuild renames a class that mentions itself
		Metafile:      true,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins: []api.Plugin{
			{Name: "imports", Setup: resolveImports},
			{Name: "formats", Setup: loadFormats},
		},
	}
}

// environment returns what packages expect of the bundler: constants for the expressions by which they choose between
// development and production, and an object for what is left of process.env and import.meta.env. The former has the
// application's variables, as text. There is no process, so that packages do not take Linger for Node.
func environment(development bool) (define map[string]string, banner string) {
	mode := "production"
	if development {
		mode = "development"
	}
	flags := map[string]any{"MODE": mode, "DEV": development, "PROD": !development, "SSR": true}
	define = map[string]string{"import.meta.env": "__linger_import_meta_env"}
	for name, value := range flags {
		define["import.meta.env."+name] = literal(value)
	}
	for _, process := range []string{"process", "globalThis.process", "self.process"} {
		define[process+".env"] = "__linger_process_env"
		define[process+".env.NODE_ENV"] = literal(mode)
	}
	return define, "var __linger_process_env = { ...Object.fromEntries(Object.entries(globalThis.env)" +
		".map(([name, value]) => [name, typeof value === \"string\" ? value : JSON.stringify(value)])), NODE_ENV: " + literal(mode) + " }" +
		", __linger_import_meta_env = " + literal(flags) + ";"
}

// literal returns a value as an expression of JavaScript.
func literal(value any) string {
	text, _ := json.Marshal(value) // strings and booleans, and maps of them
	return string(text)
}

// inputs returns the files that a bundle was made of.
func inputs(metafile string) ([]string, error) {
	var meta struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, &LoadError{Problems: []Problem{{Text: "list of files: " + err.Error()}}}
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

// inputFile returns the file that an input of a bundle was read from. Modules of Linger, and those that a package has
// replaced by nothing, were read from none.
func inputFile(name string) (string, bool) {
	if strings.HasPrefix(name, "(disabled):") || strings.HasPrefix(name, "<") || strings.HasPrefix(name, ownNamespace+":") {
		return "", false
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

// newBundleOf finds script and source map among what the bundler has made, which may include other files.
func newBundleOf(files []api.OutputFile) (*bundle, error) {
	var b bundle
	for _, f := range files {
		switch filepath.Base(f.Path) {
		case outputName:
			b.code = string(f.Contents)
		case outputName + ".map":
			sources, err := newSourceMap(f.Contents)
			if err != nil {
				return nil, &LoadError{Problems: []Problem{{Text: "source map: " + err.Error()}}}
			}
			b.sources = sources
		}
	}
	if b.sources == nil {
		return nil, problem("the bundler has not made a script of the application")
	}
	return &b, nil
}
