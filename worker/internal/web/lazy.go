package web

import (
	"io/fs"
	"path"
	"sync"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/engine"
)

// A bundle on demand is a folder of lazy, in this package or among the caller's modules: index.js, whose exports it provides, and the other modules of the folder. It costs
// a runtime nothing until it is loaded, which happens at most once for each runtime: when a script uses one of the globals
// that js/globals.js lists for it, or when another module calls lazy(name) of js/lazy.js, which returns the exports. It is
// compiled once per process, when it is first loaded.
//
// Host functions that only a bundle calls are defined when it is loaded: bundleFunctions lists them.
//
// Its modules import each other by relative paths, what js/shared.js lists from "shared", and the exports of another bundle
// from "lazy/NAME", which loads that one first.

// onDemand contains the bundles on demand that have been compiled. It is safe for concurrent use.
type onDemand struct {
	modules  fs.FS                                      // the caller's modules; nil if there are none
	compile  func(name string) (engine.Bytecode, error) // compileBundle, or what another process has compiled
	compiled sync.Map                                   // the result of compile as a func() (engine.Bytecode, error), by name
}

// bundleFunctions returns the host functions of a bundle by the names with which its modules call them.
func (h *host) bundleFunctions(name string) map[string]engine.HostFunc {
	switch name {
	case "compression":
		return h.compressionFunctions()
	case "crypto":
		return h.subtleFunctions()
	case "digest_stream":
		return digestFunctions
	case "errors":
		return map[string]engine.HostFunc{"watchRejections": h.watchRejections}
	case "formdata":
		return formDataFunctions
	case "intl":
		return intlFunctions
	case "schemes":
		return schemesFunctions
	case "wasm":
		return h.wasmFunctions()
	case "node_buffer":
		return nodeBufferFunctions
	case "node_crypto":
		return nodeCryptoFunctions
	}
	if h.options.BundleFunctions != nil {
		return h.options.BundleFunctions(name)
	}
	return nil
}

// loadBundle(name) defines the host functions of a bundle, and returns the function that runs its modules.
func (h *host) loadBundle(args []engine.Value) (engine.Value, error) {
	name := argument(args, 0).String()
	if h.realm.bundles.folder(name) == nil {
		return engine.Undefined(), typeError("there is no bundle named " + name)
	}
	if err := define(h.realm.runtime, h.bundleFunctions(name)); err != nil {
		return engine.Undefined(), err
	}
	code, err := h.realm.bundles.code(name)
	if err != nil {
		return engine.Undefined(), err
	}
	return h.realm.runtime.Run(code)
}

// folder returns the modules of a bundle, nil if there is no such bundle.
func (o *onDemand) folder(name string) fs.FS {
	for _, modules := range []fs.FS{embedded, o.modules} {
		if modules == nil {
			continue
		}
		folder := path.Join("lazy", name)
		if _, err := fs.Stat(modules, path.Join(folder, "index.js")); err != nil {
			continue
		}
		if found, err := fs.Sub(modules, folder); err == nil {
			return found
		}
	}
	return nil
}

// code returns the bytecode of a bundle.
func (o *onDemand) code(name string) (engine.Bytecode, error) {
	result, _ := o.compiled.LoadOrStore(name, sync.OnceValues(func() (engine.Bytecode, error) { return o.compile(name) }))
	return result.(func() (engine.Bytecode, error))()
}

// BundleSource returns the script of the bundle of a folder of lazy: a function whose argument has what the modules import from
// "shared".
func BundleSource(folder fs.FS) (string, error) {
	return bundle.Function("web/index.js", "shared", map[string]fs.FS{"web": folder}, map[string]string{
		`^shared$`:       `shared`,
		`^lazy/([^/]+)$`: `shared.lazy("$1")`,
	})
}

// compileBundle compiles the bundle of a folder of lazy.
func (o *onDemand) compileBundle(name string) (engine.Bytecode, error) {
	source, err := BundleSource(o.folder(name))
	if err != nil {
		return engine.Bytecode{}, err
	}
	return engine.Compile(scriptName+"/"+name, source)
}
