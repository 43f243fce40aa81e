package web

import (
	"embed"
	"io/fs"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/engine"
)

// Level is the severity of a console message.
type Level int

// The levels of the console's methods. trace and a failed assert are errors; dir and group are logs.
const (
	Debug Level = iota
	Log
	Info
	Warn
	Error
)

// Options connect the globals of one runtime to what surrounds it. Every function is called while the script runs, on
// the goroutine that runs it; it must not block and not call the runtime. One that is nil does nothing.
type Options struct {
	// Console prints a message, which may have several lines and has no line end.
	Console func(level Level, text string)

	// SetTimer asks for Realm.FireTimer(id) after delay, or every delay, at the earliest. Ids are positive, and
	// never used twice within a runtime. Delays are from 0 to 2^31-1 ms; timers of equal time fire in the order of
	// their ids.
	SetTimer func(id int, delay time.Duration, repeat bool)

	// ClearTimer takes a timer back.
	ClearTimer func(id int)

	// Publish passes on what was posted to a BroadcastChannel. The channels of that name in this runtime get it
	// without help.
	Publish func(channel string, message Message)

	// Listen tells that somebody listens to the BroadcastChannels of a name now, or that
	// nobody does any more.
	Listen func(channel string, on bool)

	// MaxBody is the most bytes that a body has when its content codings are undone, 10 MiB where 0.
	MaxBody int64

	// Now is the clock of performance.now, time.Now where nil.
	Now func() time.Time
}

const defaultMaxBody = 10 << 20

// Prelude is the globals as compiled code. It can be installed in any number of runtimes, from any goroutine.
type Prelude struct {
	code engine.Bytecode
}

// scriptName is what stack traces call the prelude.
const scriptName = "linger:web"

//go:embed js/*.js
var embedded embed.FS

// NewPrelude bundles and compiles the globals of this package together with the caller's modules: index.js at the root
// of modules and what it imports, which run after the globals are defined. modules may be nil. The error is a
// *[bundle.Error] or the engine's.
func NewPrelude(modules fs.FS) (*Prelude, error) {
	own, err := fs.Sub(embedded, "js")
	if err != nil {
		return nil, err
	}
	roots, entry := map[string]fs.FS{"web": own}, `import "web/globals.js";`
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
	return &Prelude{code}, nil
}

var plain = sync.OnceValues(func() (*Prelude, error) { return NewPrelude(nil) })

// Install gives a runtime the globals of this package alone. The runtime must be new: nothing may have run in it.
func Install(rt *engine.Runtime, options Options) (*Realm, error) {
	prelude, err := plain()
	if err != nil {
		return nil, err
	}
	return prelude.Install(rt, options)
}

// Install gives a runtime the globals. The runtime must be new: nothing may have run in it. Host functions that the
// caller's modules need have to be defined before.
func (p *Prelude) Install(rt *engine.Runtime, options Options) (*Realm, error) {
	realm := &Realm{runtime: rt, functions: map[string]*engine.Function{}}
	h := newHost(options, realm)
	for name, fn := range h.functions() {
		if err := rt.Define(name, fn); err != nil {
			return nil, err
		}
	}
	if err := rt.Run(p.code); err != nil {
		return nil, err
	}
	return realm, nil
}
