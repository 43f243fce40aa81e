package web

import (
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// host implements the Go functions of the modules for one runtime.
type host struct {
	options Options
	realm   *Realm
	start   time.Time
}

func newHost(options Options, realm *Realm) *host {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.MaxBody == 0 {
		options.MaxBody = defaultMaxBody
	}
	return &host{options: options, realm: realm, start: options.Now()}
}

// functions returns the host functions by the names with which the modules call them.
func (h *host) functions() map[string]engine.HostFunc {
	return map[string]engine.HostFunc{
		"expose":     h.expose,
		"loadBundle": h.loadBundle,
		"console":    h.console,
		"setTimer":   h.setTimer,
		"clearTimer": h.clearTimer,
		"publish":    h.publish,
		"listen":     h.listen,
		"now":        h.now,
		"encode":     encode,
		"encodeInto": encodeInto,
		"decode":     decode,
		"encodingOf": encodingOf,
		"decompress": h.decompress,
		"atob":       atob,
		"btoa":       btoa,
		"random":     random,
		"randomUUID": randomUUID,
		"equal":      equal,
		"parseURL":   parseURL,
		"setURL":     setURL,
		"parseForm":  parseForm,
		"formatForm": formatForm,
	}
}

// argument returns an argument, or undefined if it is missing.
func argument(args []engine.Value, i int) engine.Value {
	if i < len(args) {
		return args[i]
	}
	return engine.Undefined()
}

func (h *host) expose(args []engine.Value) (engine.Value, error) {
	fn := argument(args, 1).Function()
	if fn == nil {
		return engine.Undefined(), typeError("expose expects a name and a function")
	}
	name := args[0].String()
	h.realm.functions[name] = fn.Keep()
	if h.options.Exposed != nil {
		h.options.Exposed(name)
	}
	return engine.Undefined(), nil
}

func (h *host) console(args []engine.Value) (engine.Value, error) {
	if h.options.Console != nil {
		h.options.Console(Level(argument(args, 0).Int()), argument(args, 1).String())
	}
	return engine.Undefined(), nil
}

func (h *host) setTimer(args []engine.Value) (engine.Value, error) {
	if h.options.SetTimer != nil {
		delay := time.Duration(argument(args, 1).Int()) * time.Millisecond
		h.options.SetTimer(argument(args, 0).Int(), delay, argument(args, 2).Bool())
	}
	return engine.Undefined(), nil
}

func (h *host) clearTimer(args []engine.Value) (engine.Value, error) {
	if h.options.ClearTimer != nil {
		h.options.ClearTimer(argument(args, 0).Int())
	}
	return engine.Undefined(), nil
}

func (h *host) publish(args []engine.Value) (engine.Value, error) {
	if h.options.Publish != nil {
		h.options.Publish(argument(args, 0).String(), messageOf(argument(args, 1).String(), argument(args, 2)))
	}
	return engine.Undefined(), nil
}

func (h *host) listen(args []engine.Value) (engine.Value, error) {
	if h.options.Listen != nil {
		h.options.Listen(argument(args, 0).String(), argument(args, 1).Bool())
	}
	return engine.Undefined(), nil
}

// watchRejections(function) makes the engine pass rejections to a function, or ends that if there is no argument.
func (h *host) watchRejections(args []engine.Value) (engine.Value, error) {
	h.realm.runtime.WatchRejections(argument(args, 0).Function())
	return engine.Undefined(), nil
}

// now returns the time since the globals were installed, in milliseconds. Its resolution is that of performance.now in browsers
// (High Resolution Time, section 7.1).
func (h *host) now([]engine.Value) (engine.Value, error) {
	const resolution = 5 * time.Microsecond
	return engine.Number(float64(h.options.Now().Sub(h.start).Truncate(resolution)) / float64(time.Millisecond)), nil
}
