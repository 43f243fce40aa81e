package bundle

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Script makes one script of entry and the modules that it imports. An import that is not relative
// begins with a key of roots, as in "web/url.js", and is read from that file system; no other files are
// read. The error is an *[Error].
func Script(entry string, roots map[string]fs.FS) (string, error) {
	return buildScript(api.BuildOptions{Plugins: []api.Plugin{modulesFrom(roots, nil)}}, entry)
}

// Function makes a script of a module and those that it imports, as Script does. The value of the script is a function that
// runs the modules and returns an object with the exports of module. It has one parameter, named parameter. given are the
// imports, other than those of roots, that the function's argument provides: a pattern of names, which must begin with "^",
// and the expression whose value has the exports. $1 in the expression is the first submatch of the pattern. Such an import
// must have the form import { a, b as c } from "name".
func Function(module, parameter string, roots map[string]fs.FS, given map[string]string) (string, error) {
	return buildScript(api.BuildOptions{
		Banner:  map[string]string{"js": "(function(" + parameter + "){let exported;"},
		Footer:  map[string]string{"js": "return exported})"},
		Plugins: []api.Plugin{modulesFrom(roots, given)},
	}, `import * as all from "`+module+`"; exported = { ...all };`)
}

// Module makes one ES module of entry and the modules that it imports, as Script does, for Node 20 and other runtimes that have
// modules of Node. Imports that begin with "node:" are left to the runtime.
func Module(entry string, roots map[string]fs.FS) (string, error) {
	return buildScript(api.BuildOptions{
		External: []string{"node:*"},
		Format:   api.FormatESModule,
		Engines:  []api.Engine{{Name: api.EngineNode, Version: "20"}},
		Plugins:  []api.Plugin{modulesFrom(roots, nil)},
	}, entry)
}

func buildScript(options api.BuildOptions, entry string) (string, error) {
	format := options.Format
	if format == api.FormatDefault {
		format = api.FormatIIFE
	}
	result := api.Build(api.BuildOptions{
		Banner:           options.Banner,
		Footer:           options.Footer,
		Plugins:          options.Plugins,
		Stdin:            &api.StdinOptions{Contents: entry, Sourcefile: "entry.js"},
		Bundle:           true,
		Format:           format,
		External:         options.External,
		Engines:          options.Engines,
		Platform:         api.PlatformNeutral,
		Target:           api.ES2023,
		MinifyWhitespace: true,
		KeepNames:        true, // otherwise esbuild renames a class that refers to itself
		LegalComments:    api.LegalCommentsNone,
		LogLevel:         api.LogLevelSilent,
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

var importedNames = regexp.MustCompile(`import\s*\{([^}]*)\}\s*from\s*"([^"]+)";`)

// provide replaces the imports of a module that match a pattern of given by constants. For an import of an object the
// bundler would make one function for each property of the object, in each module.
func provide(source string, given map[string]string) string {
	return importedNames.ReplaceAllStringFunc(source, func(statement string) string {
		match := importedNames.FindStringSubmatch(statement)
		for pattern, expression := range given {
			if name := regexp.MustCompile(pattern); name.MatchString(match[2]) {
				return "const {" + strings.ReplaceAll(match[1], " as ", ": ") + "} = " + name.ReplaceAllString(match[2], expression) + ";"
			}
		}
		return statement
	})
}

// modulesFrom returns the plugin that resolves every import within roots, except those that given provides.
func modulesFrom(roots map[string]fs.FS, given map[string]string) api.Plugin {
	resolve := func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		from, file := args.Namespace, path.Join(path.Dir(args.Importer), args.Path)
		if strings.HasPrefix(args.Path, "node:") {
			return api.OnResolveResult{}, nil // it is external, or an error
		}
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
		contents := provide(string(source), given)
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
