package worker

import (
	"errors"
	"log/slog"

	"github.com/lingerws/linger/worker/internal/engine"
)

// report(event, raise) logs what a script threw: raise throws it again, so that it
// arrives here with its stack.
func (in *instance) report(args arguments) (engine.Value, error) {
	raise := args.at(1).Function()
	if raise == nil {
		return nothing, nil
	}
	_, err := in.rt.Call(raise)
	if fatal(err) {
		return nothing, err // the turn ends with it, and is reported then
	}
	id := args.at(0).Int()
	in.fail(id)
	in.reportFailure(in.event(id), err)
	return nothing, nil
}

// reportFailure logs the failure of an event, or of something outside of any.
func (in *instance) reportFailure(e *event, err error) {
	switch {
	case in.isAbandoned(): // its events were reported when it was given up
		return
	case in.activating:
		in.problems = append(in.problems, err)
		return
	}
	log, attrs := in.app.opts.Logger, e.attrs()
	thrown, isThrown := errors.AsType[*engine.Exception](err)
	switch {
	case isThrown:
		log.Error("uncaught exception", append(attrs, in.describe(thrown))...)
	case errors.Is(err, engine.ErrInterrupted) && in.stopped():
		log.Error("event stopped: the application is shut down", attrs...)
	case errors.Is(err, engine.ErrInterrupted):
		log.Error("event stopped: it computed for too long", append(append(attrs, "limit", in.app.opts.EventTimeout.String()), in.place(err)...)...)
	case errors.Is(err, engine.ErrOutOfMemory):
		log.Error("worker out of memory", append(attrs, "limit", in.app.opts.Memory)...)
	case errors.Is(err, engine.ErrPoisoned):
		log.Error("event failed inside the JavaScript engine: please report it", append(attrs, engineFailure(err)...)...)
	case err != nil:
		log.Error("event failed", append(attrs, "error", err)...)
	}
}

// engineFailure returns what a log says about a failure inside the engine.
func engineFailure(err error) []any {
	attrs := []any{"error", err}
	if failure, ok := errors.AsType[*engine.PanicError](err); ok {
		attrs = []any{"error", failure, slog.String("stack", string(failure.Stack))}
	}
	return attrs
}

// place returns where a script was interrupted: the last call, or the function, in which
// it computed.
func (in *instance) place(err error) []any {
	where, ok := errors.AsType[*engine.Interruption](err)
	if !ok {
		return nil
	}
	var s ScriptError
	in.generation.bundle.sources.locate(&s, where.Frames)
	var attrs []any
	if s.At.File != "" {
		attrs = append(attrs, "at", s.At.String())
	}
	return append(attrs, "stack", s.stack())
}

// describe returns an exception as an attribute of a log.
func (in *instance) describe(e *engine.Exception) slog.Attr {
	return slog.Any("", in.generation.bundle.sources.scriptError(e)) // without a key its attributes are those of the line
}

// unhandled logs a promise rejection that nobody handled.
func (in *instance) unhandled(e *engine.Exception) {
	in.app.opts.Logger.Error("unhandled promise rejection", in.describe(e))
}

// hostError logs a failure of ours that the script was told nothing about.
func (in *instance) hostError(function string, err error) {
	in.app.opts.Logger.Error("host function failed", "function", function, "error", err)
}
