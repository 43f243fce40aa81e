package web

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

//go:embed js/*.js
var embedded embed.FS

// Where modules come from, as the first part of an import that is not relative.
const (
	ownModules    = "web"
	callerModules = "worker"
)

// BundleError says why modules could not be made one script.
type BundleError struct{ Messages []string }

func (e *BundleError) Error() string {
	return "web: the modules cannot be bundled: " + strings.Join(e.Messages, "; ")
}

// bundle makes one script of this package's modules and, unless modules is nil, of its index.js and what that imports.
func bundle(modules fs.FS) (string, error) {
	own, err := fs.Sub(embedded, "js")
	if err != nil {
		return "", err
	}
	sources := map[string]fs.FS{ownModules: own}
	entry := `import "web/globals.js";`
	if modules != nil {
		sources[callerModules] = modules
		entry += `import "worker/index.js";`
	}
	result := api.Build(api.BuildOptions{
		Stdin:            &api.StdinOptions{Contents: entry, Sourcefile: "entry.js"},
		Bundle:           true,
		Format:           api.FormatIIFE,
		Platform:         api.PlatformNeutral,
		Target:           api.ES2023,
		MinifyWhitespace: true,
		KeepNames:        true, // esbuild renames a class that mentions itself
		LegalComments:    api.LegalCommentsNone,
		LogLevel:         api.LogLevelSilent,
		Plugins:          []api.Plugin{modulesFrom(sources)},
	})
	if len(result.Errors) > 0 {
		return "", bundleError(result.Errors)
	}
	return string(result.OutputFiles[0].Contents), nil
}

func bundleError(messages []api.Message) error {
	var e BundleError
	for _, m := range messages {
		text := m.Text
		if m.Location != nil {
			text = fmt.Sprintf("%s:%d:%d: %s", m.Location.File, m.Location.Line, m.Location.Column, text)
		}
		e.Messages = append(e.Messages, text)
	}
	return &e
}

// modulesFrom keeps esbuild off the disk: every import is looked up in the sources.
func modulesFrom(sources map[string]fs.FS) api.Plugin {
	resolve := func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		from, file := args.Namespace, path.Join(path.Dir(args.Importer), args.Path)
		if !strings.HasPrefix(args.Path, ".") {
			from, file, _ = strings.Cut(args.Path, "/")
		}
		if _, ok := sources[from]; !ok {
			return api.OnResolveResult{}, fmt.Errorf("%q is neither a relative path nor one of %q", args.Path, ownModules+"/")
		}
		return api.OnResolveResult{Path: file, Namespace: from}, nil
	}
	load := func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		source, err := fs.ReadFile(sources[args.Namespace], args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		contents := string(source)
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
	}
	return api.Plugin{Name: "modules", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `.*`}, resolve)
		for name := range sources {
			build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: name}, load)
		}
	}}
}
