package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// denoConfigs are the names of the configuration file of Deno.
var denoConfigs = []string{"deno.json", "deno.jsonc"}

// denoImports are the imports of a configuration file of Deno: what names of modules, and prefixes that end with "/", stand for.
type denoImports struct {
	folder string // of the file
	names  map[string]string
}

// readDenoImports reads the configuration file in the folder of the application's module or the nearest one above it.
func readDenoImports(entry string) (denoImports, error) {
	for folder := filepath.Dir(entry); ; folder = filepath.Dir(folder) {
		for _, name := range denoConfigs {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				continue
			}
			var file struct{ Imports map[string]string }
			if err := json.Unmarshal(withoutComments(text), &file); err != nil {
				return denoImports{}, fileError(filepath.Join(folder, name), "is not a valid configuration file of Deno: "+err.Error())
			}
			return denoImports{folder, file.Imports}, nil
		}
		if filepath.Dir(folder) == folder {
			return denoImports{}, nil
		}
	}
}

// withoutComments returns JSON without comments and without commas before closing brackets. Text that is not valid is returned as it is.
func withoutComments(text []byte) []byte {
	result := api.Transform("("+string(text)+"\n)", api.TransformOptions{Loader: api.LoaderJS, MinifyWhitespace: true, LogLevel: api.LogLevelSilent})
	code := strings.TrimSuffix(strings.TrimSpace(string(result.Code)), ";")
	if len(result.Errors) > 0 || !strings.HasPrefix(code, "(") {
		return text
	}
	return []byte(strings.TrimSuffix(strings.TrimPrefix(code, "("), ")"))
}

// find returns what an import stands for, and reports whether it is among the imports. The longest prefix applies.
func (d denoImports) find(name string) (string, bool) {
	if to, ok := d.names[name]; ok {
		return to, true
	}
	var best string
	for prefix := range d.names {
		if strings.HasSuffix(prefix, "/") && strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return d.names[best] + strings.TrimPrefix(name, best), best != ""
}

// resolve is the plugin that replaces imports by what they stand for.
func (d denoImports) resolve(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `.*`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		to, ok := d.find(args.Path)
		if _, own := args.PluginData.(resolving); own || !ok || !isImport(args.Kind) || inPackage(args.Importer) {
			return api.OnResolveResult{}, nil
		}
		if !strings.HasPrefix(to, ".") {
			return leave(to, args.Path, args.Kind, false), nil
		}
		args.Path, args.ResolveDir = to, d.folder
		found := resolveAgain(build, args)
		return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, Errors: found.Errors}, nil
	})
}
