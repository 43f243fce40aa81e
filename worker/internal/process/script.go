package process

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/web"
)

//go:embed js
var sources embed.FS

// scriptName is the file name of the code of a child in stacks, in runtimes that let a script have one.
const scriptName = "linger:worker"

// Script returns the code that a child of Node, Bun or Deno runs: an ES module with the modules in files, which all runtimes share.
// Their platform is that of the runtime, and they reach Linger by the modules in the folder js of this package.
func Script(files fs.FS) (string, error) {
	own, _ := fs.Sub(sources, "js") // fails only for an invalid path
	return scriptOf(`import "process/main.js";`, own, files)
}

// scriptOf returns the code of a child that begins with entry. own has the modules of the child, and files those of all runtimes.
func scriptOf(entry string, own, files fs.FS) (string, error) {
	replacements, _ := fs.Sub(sources, "js/web")
	bundles, err := bundlesModule(files)
	if err != nil {
		return "", err
	}
	source, err := bundle.Module(entry, map[string]fs.FS{
		"process": own,
		"web":     platform{replacements: replacements, modules: web.Modules(), bundles: bundles},
		"worker":  files,
	})
	return source + "//# sourceURL=" + scriptName + "\n", err
}

// platform has the modules of the web platform for a child: the replacements of this package, and the modules of the embedded
// engine that are not replaced. The name of a replaced one ends with embeddedSuffix.
type platform struct {
	replacements, modules fs.FS
	bundles               []byte // the module bundles.js
}

const embeddedSuffix = ".embedded.js"

func (p platform) Open(name string) (fs.File, error) {
	if original, ok := strings.CutSuffix(name, embeddedSuffix); ok {
		return p.modules.Open(original + ".js")
	}
	file, err := p.replacements.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return p.modules.Open(name)
	}
	return file, err
}

// ReadFile makes platform a [fs.ReadFileFS], so that a module need not be a file.
func (p platform) ReadFile(name string) ([]byte, error) {
	switch name {
	case "bundles.js":
		return p.bundles, nil
	case "function_kinds.js":
		return functionKinds()
	}
	file, err := p.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file)
}

// functionKinds returns the module with the names of the functions of each kind, as lists: those that a child calls without waiting for
// an answer, those that use storage, and of those that Linger calls, the ones that belong to an event, and the ones whose result ends it.
func functionKinds() ([]byte, error) {
	bindings := modules.NewTable(nil, "", nil).BindingFunctions()
	maps.DeleteFunc(bindings, func(name string, _ modules.Function) bool { return !modules.UsesStorage(name) })
	var out []byte
	for name, kind := range map[string][]string{
		"commands":     append(modules.Commands(), slices.Sorted(maps.Keys(new(remote).ownFunctions()))...),
		"storage":      slices.Sorted(maps.Keys(bindings)),
		"ofEvents":     modules.OfEvents(),
		"endsByResult": modules.EndingByResult(),
	} {
		list, err := json.Marshal(kind)
		if err != nil {
			return nil, err
		}
		out = fmt.Appendf(out, "export const %s = new Set(%s);\n", name, list)
	}
	return out, nil
}

// bundlesModule returns the module with the bundles on demand: functions, which a runtime compiles when they are called.
func bundlesModule(files fs.FS) ([]byte, error) {
	bindings, err := fs.Sub(files, "lazy/bindings")
	if err != nil {
		return nil, err
	}
	out := []byte("export const bundles = {\n")
	for _, b := range []struct {
		name   string
		folder fs.FS
	}{{"bindings", bindings}, {"errors", web.LazyModules("errors")}} {
		source, err := web.BundleSource(b.folder)
		if err != nil {
			return nil, err
		}
		out = fmt.Appendf(out, "%s: %s,\n", b.name, strings.TrimSuffix(strings.TrimSpace(source), ";"))
	}
	return append(out, "};\n"...), nil
}
