package process

import (
	"errors"
	"log/slog"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// engineFunctions returns the functions that only a child with Linger's own engine calls.
func (r *remote) engineFunctions() map[string]modules.Function {
	if r.options.Engine == nil {
		return nil
	}
	return map[string]modules.Function{
		// limits() returns the limits of the application: its event timeout and the time of a slow event in nanoseconds, then those of
		// its memory and of bodies in bytes; and the secret with which engines seal the keys in data of connections.
		"limits": func([]engine.Value) (engine.Value, error) {
			return engine.List(
				engine.Int(int(r.app.EventTimeout)), engine.Int(int(r.app.SlowEvent)), engine.Int(int(r.app.Memory)), engine.Int(int(r.app.MaxBody)),
				engine.Bytes(web.Seal()),
			), nil
		},
		// bytecode(bundle) returns the code of the globals or, with a name, of a bundle on demand.
		"bytecode": func(args []engine.Value) (engine.Value, error) {
			prelude, err := r.options.Engine()
			if err != nil {
				return engine.Undefined(), err
			}
			code, err := prelude.Code(at(args, 0).String())
			return engine.Bytes(code), err
		},
		// console(level, text) prints a text of the application. The level is that of log/slog.
		"console": func(args []engine.Value) (engine.Value, error) {
			r.host.Console(slog.Level(at(args, 0).Int()), at(args, 1).String())
			return engine.Undefined(), nil
		},
		// slow(event, took, frames, isRunning) reports a slow turn. took is in nanoseconds.
		"slow": func(args []engine.Value) (engine.Value, error) {
			frames := stackOf(at(args, 2))
			if at(args, 3).Bool() && frames == nil {
				frames = []script.Frame{}
			}
			r.host.Slow(at(args, 0).Int(), time.Duration(at(args, 1).Int()), frames)
			return engine.Undefined(), nil
		},
		// callFailed(function, error) reports an error that is not for the application.
		"callFailed": func(args []engine.Value) (engine.Value, error) {
			r.host.CallFailed(at(args, 0).String(), errors.New(at(args, 1).String()))
			return engine.Undefined(), nil
		},
		// failed(kind, event, frames, text, stack) reports that the engine is not usable any more, and that the child exits. kind is
		// "interrupted", "memory" or "broken"; stack is that of the Go code.
		"failed": func(args []engine.Value) (engine.Value, error) {
			r.fatal = &script.InEvent{Event: at(args, 1).Int(), Err: failureOf(args)}
			return engine.Undefined(), nil
		},
	}
}

// failureOf returns the error of the arguments of failed.
func failureOf(args []engine.Value) error {
	switch at(args, 0).String() {
	case "interrupted":
		return &script.Interruption{Frames: stackOf(at(args, 2))}
	case "memory":
		return script.ErrOutOfMemory
	}
	return &script.Failure{Cause: errors.New(at(args, 3).String()), Stack: at(args, 4).String()}
}
