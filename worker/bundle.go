package worker

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
}

// newBundle bundles the module at path with everything it imports. The error is
// a *[LoadError].
func newBundle(path string) (*bundle, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, &LoadError{Problems: []Problem{{File: path, Text: err.Error()}}}
	}
	if _, err := os.Stat(absolute); err != nil {
		return nil, &LoadError{Problems: []Problem{{File: path, Text: "cannot be read: " + reasonOf(err)}}}
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:   []string{absolute},
		Bundle:        true,
		Format:        api.FormatESModule,
		Platform:      api.PlatformNeutral,
		MainFields:    []string{"module", "main"},
		Target:        api.ES2023,
		Charset:       api.CharsetUTF8,
		Sourcemap:     api.SourceMapExternal,
		Outfile:       "app.js", // beside which the map names the sources; nothing is written
		KeepNames:     true,     // esbuild renames a class that mentions itself
		Metafile:      true,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{{Name: "imports", Setup: refuseImports}},
	})
	if len(result.Errors) > 0 {
		return nil, bundleError(result.Errors)
	}
	b, err := newBundleOf(result.OutputFiles)
	if err == nil {
		b.files, err = inputs(result.Metafile)
	}
	return b, err
}

// inputs returns the files that a bundle was made of.
func inputs(metafile string) ([]string, error) {
	var meta struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, &LoadError{Problems: []Problem{{Text: "list of files: " + err.Error()}}}
	}
	files := make([]string, 0, len(meta.Inputs))
	for name := range meta.Inputs {
		absolute, err := filepath.Abs(name)
		if err == nil {
			files = append(files, absolute)
		}
	}
	slices.Sort(files)
	return files, nil
}

// refuseImports has imports fail while bundling, with their position, that would
// otherwise fail in the engine.
func refuseImports(build api.PluginBuild) {
	for filter, reason := range map[string]string{
		`^(https?:)?//`: "is on the network: download the module and import it by a relative path",
		`^node:`:        "is a module of Node, which is not there",
	} {
		build.OnResolve(api.OnResolveOptions{Filter: filter}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{}, fmt.Errorf("%q %s", args.Path, reason)
		})
	}
}

func newBundleOf(files []api.OutputFile) (*bundle, error) {
	var b bundle
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".map") {
			b.code = string(f.Contents)
			continue
		}
		sources, err := newSourceMap(f.Contents)
		if err != nil {
			return nil, &LoadError{Problems: []Problem{{Text: "source map: " + err.Error()}}}
		}
		b.sources = sources
	}
	return &b, nil
}

func bundleError(messages []api.Message) *LoadError {
	var e LoadError
	for _, m := range messages {
		p := Problem{Text: m.Text}
		if m.Location != nil {
			p.File, p.Line, p.Column = m.Location.File, m.Location.Line, m.Location.Column+1
		}
		e.Problems = append(e.Problems, p)
	}
	return &e
}
