package bundle

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Script makes one script of entry and the modules that it imports. An import that is not relative
// begins with a key of roots, as in "web/url.js", and is read from that file system; no other files are
// read. The error is an *[Error].
func Script(entry string, roots map[string]fs.FS) (string, error) {
	result := api.Build(api.BuildOptions{
		Stdin:            &api.StdinOptions{Contents: entry, Sourcefile: "entry.js"},
		Bundle:           true,
		Format:           api.FormatIIFE,
		Platform:         api.PlatformNeutral,
		Target:           api.ES2023,
		MinifyWhitespace: true,
		KeepNames:        true, // otherwise esbuild renames a class that refers to itself
		LegalComments:    api.LegalCommentsNone,
		LogLevel:         api.LogLevelSilent,
		Plugins:          []api.Plugin{modulesFrom(roots)},
	})
	if len(result.Errors) == 0 {
		return string(result.OutputFiles[0].Contents), nil
	}
	var e Error
	for _, m := range result.Errors {
		e.add(problemOf(m, m.Text))
	}
	return "", &e
}

// modulesFrom returns the plugin that resolves every import within roots.
func modulesFrom(roots map[string]fs.FS) api.Plugin {
	resolve := func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		from, file := args.Namespace, path.Join(path.Dir(args.Importer), args.Path)
		if !strings.HasPrefix(args.Path, ".") {
			from, file, _ = strings.Cut(args.Path, "/")
		}
		if _, ok := roots[from]; !ok {
			return api.OnResolveResult{}, fmt.Errorf("%q is neither a relative path nor in one of %s", args.Path, rootNames(roots))
		}
		return api.OnResolveResult{Path: file, Namespace: from}, nil
	}
	load := func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		source, err := fs.ReadFile(roots[args.Namespace], args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		contents := string(source)
		return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
	}
	return api.Plugin{Name: "modules", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `.*`}, resolve)
		for name := range roots {
			build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: name}, load)
		}
	}}
}

// rootNames returns the keys of roots as they begin imports, for an error.
func rootNames(roots map[string]fs.FS) string {
	var names []string
	for name := range roots {
		names = append(names, fmt.Sprintf("%q", name+"/"))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
