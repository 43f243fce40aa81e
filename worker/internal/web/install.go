package web

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/webcrypto"
)

// Level is the severity of a console message.
type Level int

// The levels of console methods. trace and a failed assert have the level Error; dir and group have the level Log.
const (
	Debug Level = iota
	Log
	Info
	Warn
	Error
)

// Options are the functions with which the globals of one runtime call the host. Each is called while the script runs, on
// the goroutine that runs it, and must neither block nor use the runtime. A function that is nil is not called.
type Options struct {
	// Console prints a message, which may have several lines and has no trailing newline.
	Console func(level Level, text string)

	// SetTimer requests a call of Realm.FireTimer(id) after delay, or, if repeat is true, after every delay. The calls
	// may be late. Ids are positive and unique within a runtime. Delays are from 0 to 2^31-1 ms. Timers that are due at
	// the same time must fire in the order of their ids.
	SetTimer func(id int, delay time.Duration, repeat bool)

	// ClearTimer cancels a timer.
	ClearTimer func(id int)

	// Publish publishes a message that was posted to a BroadcastChannel. The other channels of that name in this runtime
	// have already been served.
	Publish func(channel string, message Message)

	// Listen is called with true when the first BroadcastChannel of a name gets a listener for messages, and with false
	// when there is none any more.
	Listen func(channel string, on bool)

	// Compute calls work, which may take long, on another goroutine, and then queues turn to be called on the goroutine that
	// uses the runtime. The context of work ends if work takes too long, and when the runtime is closed. For a closed runtime
	// turn is not called. size is the number of bytes that work needs. The error is for scripts, and means that too much work
	// is in progress. If Compute is nil, work is done during the call of the script.
	Compute func(size int64, work func(context.Context), turn func() error) error

	// BundleFunctions returns the host functions of a bundle on demand of the caller, by the names with which its modules call
	// them. nil means that no bundle has any.
	BundleFunctions func(name string) map[string]engine.HostFunc

	// Exposed is called when a module makes a function available to Realm.Function.
	Exposed func(name string)

	// MaxBody is the maximum size of a body after its content codings have been decoded, in bytes. 0 means 10 MiB.
	MaxBody int64

	// Now is the clock of performance.now. nil means time.Now.
	Now func() time.Time
}

const defaultMaxBody = 10 << 20

// Prelude is the compiled code of the globals. It can be installed in any number of runtimes. It is safe for concurrent
// use.
type Prelude struct {
	code    engine.Bytecode
	bundles onDemand
}

// scriptName is the file name of the prelude in stacks.
const scriptName = "linger:web"

//go:embed js/*.js lazy/*/*.js
var embedded embed.FS

// Modules returns the modules of the globals.
func Modules() fs.FS {
	modules, _ := fs.Sub(embedded, "js") // fails only for an invalid path
	return modules
}

// LazyModules returns the modules of a bundle on demand, for other runtimes.
func LazyModules(name string) fs.FS {
	modules, _ := fs.Sub(embedded, path.Join("lazy", name))
	return modules
}

// NewPrelude bundles and compiles the globals of this package together with the caller's modules: index.js at the root of
// modules and the modules that it imports. They run after the globals have been defined. The folder lazy of modules has bundles on
// demand of the caller. modules may be nil. The error is a *[bundle.Error], or that of the engine.
func NewPrelude(modules fs.FS) (*Prelude, error) {
	roots, entry := map[string]fs.FS{"web": Modules()}, `import "web/globals.js";`
	if modules != nil {
		roots["worker"] = modules
		entry += `import "worker/index.js";`
	}
	source, err := bundle.Script(entry, roots)
	if err != nil {
		return nil, err
	}
	code, err := engine.Compile(scriptName, source)
	if err != nil {
		return nil, err
	}
	p := &Prelude{code: code, bundles: onDemand{modules: modules}}
	p.bundles.compile = p.bundles.compileBundle
	return p, nil
}

// Code returns the bytecode of the globals, for [OpenPrelude] in another process, or that of the bundle on demand with a name.
func (p *Prelude) Code(bundle string) ([]byte, error) {
	if bundle == "" {
		return p.code.Bytes(), nil
	}
	if p.bundles.folder(bundle) == nil {
		return nil, fmt.Errorf("web: there is no bundle named %q", bundle)
	}
	code, err := p.bundles.code(bundle)
	return code.Bytes(), err
}

// OpenPrelude returns the Prelude that another process of the same program has compiled. code returns what its method Code does;
// for bundles it is called when they are first used, during a turn.
func OpenPrelude(modules fs.FS, code func(bundle string) ([]byte, error)) (*Prelude, error) {
	globals, err := code("")
	if err != nil {
		return nil, err
	}
	compiled := func(bundle string) (engine.Bytecode, error) {
		b, err := code(bundle)
		return engine.BytecodeOf(b), err
	}
	return &Prelude{code: engine.BytecodeOf(globals), bundles: onDemand{modules: modules, compile: compiled}}, nil
}

// Seal returns the secret with which engines of this process seal the keys that pass through code which must not see them. SealWith makes an
// engine of another process use it.
func Seal() []byte { return webcrypto.SealSecret() }

// SealWith makes the engines of this process use the secret of another one. It must be called before the first engine is made.
func SealWith(secret []byte) error { return webcrypto.SealWith(secret) }

// Install installs the globals in a runtime, in which no script may have run before. Host functions of the caller's
// modules must already be defined.
func (p *Prelude) Install(rt *engine.Runtime, options Options) (*Realm, error) {
	realm := &Realm{runtime: rt, functions: map[string]*engine.Function{}, bundles: &p.bundles}
	if err := define(rt, newHost(options, realm).functions()); err != nil {
		return nil, err
	}
	if _, err := rt.Run(p.code); err != nil {
		return nil, err
	}
	return realm, nil
}

// define defines host functions by their names.
func define(rt *engine.Runtime, functions map[string]engine.HostFunc) error {
	for name, fn := range functions {
		if err := rt.Define(name, fn); err != nil {
			return err
		}
	}
	return nil
}
