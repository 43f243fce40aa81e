package bundle

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
)

// format is how an imported file appears to the module that imports it.
type format int

const (
	unknown     format = iota // refused
	script                    // a module, or a file that the bundler converts to one
	text                      // a string
	data                      // an ArrayBuffer
	webAssembly               // a WebAssembly.Module, as in Workers
	cssModule                 // refused
)

// suffixes are the file name suffixes of each format, for imports without attributes. They include those of wrangler:
// .txt, .html, .sql and .bin.
var suffixes = map[format][]string{
	script: {"", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json"},
	text: {
		".css", ".csv", ".glsl", ".gql", ".graphql", ".htm", ".html", ".md", ".sql", ".svg", ".tsv", ".txt", ".wgsl", ".xml",
	},
	data: {
		".bin", ".dat", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp", ".pdf",
		".woff", ".woff2", ".ttf", ".otf", ".eot", ".mp3", ".mp4", ".m4a", ".ogg", ".opus", ".wav", ".webm", ".flac",
		".zip", ".gz", ".br", ".zst", ".pb", ".mmdb",
	},
	webAssembly: {".wasm"},
	cssModule:   {".module.css"},
}

// formatOf returns the format of a file by its longest known suffix, in upper or lower case.
func formatOf(path string) format {
	name := strings.ToLower(filepath.Base(path))
	if slices.ContainsFunc(suffixes[cssModule], func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
		return cssModule
	}
	for format, list := range suffixes {
		if slices.Contains(list, filepath.Ext(name)) {
			return format
		}
	}
	return unknown
}

// loadFormats is the plugin that loads files that are not scripts.
func (t Target) loadFormats(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "file"}, t.loadFormat)
}

// loadFormat loads a file in the format that the import requests with the attribute { type: "text" } or the query ?raw, or
// otherwise in that of the file's suffix. Scripts, JSON and other types are loaded by the bundler.
func (t Target) loadFormat(args api.OnLoadArgs) (api.OnLoadResult, error) {
	query, _, _ := strings.Cut(strings.TrimPrefix(args.Suffix, "?"), "&")
	kind, typed := args.With["type"]
	switch {
	case kind == "text" || !typed && query == "raw":
		return loadText(args.Path)
	case kind == "bytes" && t != Embedded:
		return t.loadBytes(args.Path, "export default %s;")
	case typed:
		return api.OnLoadResult{}, nil
	case slices.Contains([]string{"url", "inline", "worker", "sharedworker"}, query):
		return refuse(args.Path, "is imported with ?"+query+", which is not supported: ?raw imports a file as text, with { type: \"bytes\" } as bytes")
	}
	switch formatOf(args.Path) {
	case text:
		return loadText(args.Path)
	case data:
		return t.loadBytes(args.Path, "export default %s.buffer;")
	case webAssembly:
		return t.loadBytes(args.Path, "export default new WebAssembly.Module(%s);")
	case cssModule:
		return refuse(args.Path, "is a CSS module, which needs a separate build step: import its output, or the text of the file with { type: \"text\" }")
	case unknown:
		// A file that does not exist is disabled by the field browser of a package: the bundler makes it empty.
		if _, err := os.Stat(args.Path); err == nil {
			return refuse(args.Path, "has an unknown type: give the type in the import, with { type: \"text\" }, { type: \"json\" } or { type: \"bytes\" }")
		}
	case script:
		return t.loadScript(args.Path)
	}
	return api.OnLoadResult{}, nil
}

// The comments that select how JSX is converted.
const (
	jsxSource  = "@jsxImportSource"
	jsxRuntime = "@jsxRuntime"
)

// loadScript loads a script whose text must be extended, without a change of positions. Other scripts are loaded by the bundler.
func (t Target) loadScript(path string) (api.OnLoadResult, error) {
	loader, ok := scriptLoaders[strings.ToLower(filepath.Ext(path))]
	withJSX := loader == api.LoaderJSX || loader == api.LoaderTSX
	if !ok || t == Embedded && !withJSX {
		return api.OnLoadResult{}, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return api.OnLoadResult{}, nil //nolint:nilerr // the bundler reports it, or reads the file from an archive of Yarn
	}
	text := string(content)
	if withJSX {
		text += jsxAddition(text)
	}
	if t != Embedded && usesFile(text) {
		text += fileImport
	}
	if len(text) == len(content) {
		return api.OnLoadResult{}, nil
	}
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}

// scriptLoaders are the loaders of the bundler for the suffixes of scripts.
var scriptLoaders = map[string]api.Loader{
	".js": api.LoaderJS, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS, ".jsx": api.LoaderJSX,
	".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".tsx": api.LoaderTSX,
}

// jsxAddition returns what must be added to a script with JSX that names its JSX library in a comment, as TypeScript does: the
// comment implies the automatic runtime, for which the bundler needs a second comment.
func jsxAddition(text string) string {
	if !strings.Contains(text, jsxSource) || strings.Contains(text, jsxRuntime) {
		return ""
	}
	return "\n/* " + jsxRuntime + " automatic */"
}

// loadText loads a file as a string.
func loadText(path string) (api.OnLoadResult, error) {
	content, err := os.ReadFile(path)
	switch {
	case err != nil:
		return refuse(path, "cannot be read: "+reasonOf(err))
	case !utf8.Valid(content):
		return refuse(path, "is not text in UTF-8: import it with { type: \"bytes\" }")
	}
	text := string(content)
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
}

// loadBytes loads a file as a module, in which %s is the Uint8Array with the contents of the file.
func (t Target) loadBytes(path, format string) (api.OnLoadResult, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return refuse(path, "cannot be read: "+reasonOf(err))
	}
	bytes, before := `Uint8Array.fromBase64("%s")`, ""
	if t != Embedded { // Node 20 does not have fromBase64
		bytes, before = `new Uint8Array(Buffer.from("%s", "base64"))`, `import { Buffer } from "node:buffer";`
	}
	module := before + fmt.Sprintf(format, fmt.Sprintf(bytes, base64.StdEncoding.EncodeToString(content)))
	return api.OnLoadResult{Contents: &module, Loader: api.LoaderJS}, nil
}

// refuse returns the result for a file that cannot be loaded. The bundler adds the position of the import.
func refuse(path, reason string) (api.OnLoadResult, error) {
	return api.OnLoadResult{}, fmt.Errorf("%q %s", filepath.Base(path), reason)
}
