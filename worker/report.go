package worker

import (
	"errors"
	"log/slog"

	"github.com/lingerws/linger/worker/internal/engine"
)

// report(event, raise, places) logs what a script threw: raise throws it again, so that it
// arrives here with its stack. An error from Linger's own code has no place in the
// script: it gets the first of places.
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
	in.reportFailureAt(in.event(id), err, in.firstPlace(args.at(2)))
	return nothing, nil
}

// unanswered(event, places) logs that the listeners of a request are done, and none has
// answered or failed. The client gets 500.
func (in *instance) unanswered(args arguments) (engine.Value, error) {
	e := in.event(args.at(0).Int())
	if e == nil || e.problem != nil || e.overdue {
		return nothing, nil
	}
	text := "request not answered: a listener calls respondWith, with a Response or a promise of one, before it is done"
	if e.upgrade != nil {
		text = "upgrade request not answered: a listener calls accept or respondWith before it is done"
	}
	attrs := e.attrs()
	at := in.firstPlace(args.at(1))
	if at.File != "" {
		attrs = append(attrs, "at", at.String())
	}
	in.note(e, &ScriptError{Text: text, At: at, sources: in.generation.bundle.Sources})
	in.app.opts.Logger.Error(text, attrs...)
	return nothing, nil
}

// reportOverdue logs that the listeners of an event did not finish in time.
func (in *instance) reportOverdue(e *event) {
	limit := in.app.opts.EventTimeout.String()
	attrs := append(e.attrs(), "limit", limit)
	at := in.listenerAt(e.kind)
	if at.File != "" {
		attrs = append(attrs, "at", at.String())
	}
	in.note(e, &ScriptError{Text: "the listeners of the event did not finish within " + limit, At: at, sources: in.generation.bundle.Sources})
	in.app.opts.Logger.Error("event timed out", attrs...)
}

// firstPlace returns the first of places in the bundle, as file, line and column of each.
// Listeners of Linger's own have none.
func (in *instance) firstPlace(places engine.Value) Position {
	list := places.List()
	for ; len(list) >= 3; list = list[3:] {
		at := in.generation.origin([]engine.Frame{{File: list[0].String(), Line: list[1].Int(), Column: list[2].Int()}})
		if at.File != "" {
			return at
		}
	}
	return Position{}
}

// listenerAt returns where the first listener to a type of event stands. It runs a turn,
// or is part of the one that runs.
func (in *instance) listenerAt(kind string) (at Position) {
	look := func() error {
		places, err := in.realm.Function("places")
		if err != nil {
			return err
		}
		list, err := in.rt.Call(places, engine.String(kind))
		at = in.firstPlace(list)
		return err
	}
	if in.inTurn {
		_ = look() // what is fatal to the engine ends the turn that runs
		return at
	}
	_ = in.turn(look)
	return at
}

// reportFailure logs the failure of an event, or of something outside of any.
func (in *instance) reportFailure(e *event, err error) { in.reportFailureAt(e, err, Position{}) }

// reportFailureAt is reportFailure for an error that belongs to a place if it has none of
// its own.
func (in *instance) reportFailureAt(e *event, err error, at Position) {
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
		described := in.describe(thrown)
		if described.At.File == "" {
			described.At = at
		}
		in.note(e, described)
		log.Error("uncaught exception", append(attrs, described.attr())...)
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

// note keeps the first problem of an event for the client of a request. When an engine has
// been given up its events are done, and belong to those that waited for them.
func (in *instance) note(e *event, problem *ScriptError) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if e != nil && e.problem == nil && !in.abandoned {
		e.problem = problem
	}
}

// place returns where a script was interrupted: the last call, or the function, in which
// it computed.
func (in *instance) place(err error) []any {
	where, ok := errors.AsType[*engine.Interruption](err)
	if !ok {
		return nil
	}
	return in.placed(where.Place)
}

// placed gives what a log says about where a script is.
func (in *instance) placed(where engine.Place) []any {
	s := ScriptError{sources: in.generation.bundle.Sources}
	s.locate(where.Frames)
	var attrs []any
	if s.At.File != "" {
		attrs = append(attrs, "at", s.At.String())
	}
	if len(s.Stack) > 0 {
		attrs = append(attrs, "stack", s.stack())
	}
	return attrs
}

func (in *instance) describe(e *engine.Exception) *ScriptError {
	return newScriptError(in.generation.bundle.Sources, e)
}

// unhandled logs a promise rejection that nobody handled.
func (in *instance) unhandled(e *engine.Exception) {
	in.app.opts.Logger.Error("unhandled promise rejection", in.describe(e).attr())
}

// hostError logs a failure of ours that the script was told nothing about.
func (in *instance) hostError(function string, err error) {
	in.app.opts.Logger.Error("host function failed", "function", function, "error", err)
}
