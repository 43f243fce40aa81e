package worker

import (
	"errors"
	"log/slog"

	"github.com/lingerws/linger/worker/internal/script"
)

// reportOverdue logs that the listeners of an event did not finish in time.
func (in *instance) reportOverdue(e *event) {
	limit := in.eventTimeout(e).String()
	attrs := append(e.attrs(), "limit", limit)
	at := in.listenerAt(e.kind)
	if at.File != "" {
		attrs = append(attrs, "at", at.String())
	}
	text := "the listeners of the event did not finish within " + limit
	in.events.note(e, &ScriptError{Text: text, At: at, sources: in.generation.bundle.Sources})
	in.app.opts.Logger.Error("event timed out", attrs...)
	in.traceFailure(e, text, at)
}

// listenerAt returns the position of the first listener to a kind of event. If no turn runs, it needs a new one.
func (in *instance) listenerAt(kind string) (at Position) {
	find := func() error {
		places, err := in.runtime.Places(kind)
		at = in.generation.origin(places)
		return err
	}
	if in.inTurn {
		_ = find() // a fatal error ends the turn that runs
		return at
	}
	_ = in.runTurn(find)
	return at
}

// reportFailure logs the error of an event or, if e is nil, of code outside of events. place is logged if the error has no
// position.
func (in *instance) reportFailure(e *event, err error, place Position) {
	switch {
	case in.events.isAbandoned(): // endEvents has logged the events
		return
	case in.activating:
		in.problems = append(in.problems, err)
		return
	}
	if thrown, ok := errors.AsType[*script.Exception](err); ok {
		in.reportException(e, thrown, place)
		return
	}
	if err == nil {
		return
	}
	if e == nil && errors.Is(err, script.ErrInterrupted) && in.isStopping() { // no client waits for a timer
		in.app.opts.Logger.Info("code outside of events stopped: the application is shutting down")
		return
	}
	text, attrs := in.describeFailure(err)
	in.app.opts.Logger.Error(text, append(e.attrs(), attrs...)...)
	at := place
	if where, ok := errors.AsType[*script.Interruption](err); ok {
		at = in.generation.origin(where.Frames)
	}
	in.traceFailure(e, text, at)
}

// describeFailure returns the log line for an error that is not an exception, and its attributes.
func (in *instance) describeFailure(err error) (text string, attrs []any) {
	switch {
	case errors.Is(err, script.ErrInterrupted) && in.isStopping():
		return "event stopped: the application is shutting down", nil
	case errors.Is(err, script.ErrInterrupted):
		attrs = append(attrs, "limit", in.generation.opts.EventTimeout.String())
		if where, ok := errors.AsType[*script.Interruption](err); ok {
			attrs = append(attrs, in.generation.placeAttrs(where.Frames)...)
		}
		return "event stopped: it computed for too long", attrs
	case errors.Is(err, script.ErrOutOfMemory):
		return "worker out of memory", []any{"limit", in.generation.opts.Memory}
	case errors.Is(err, script.ErrExited):
		return "worker process ended", []any{"worker", in.worker.index, "error", err}
	case errors.Is(err, script.ErrBroken):
		attrs = append(attrs, "error", err)
		if failure, ok := errors.AsType[*script.Failure](err); ok && failure.Stack != "" {
			attrs = append(attrs, slog.String("stack", failure.Stack))
		}
		return "event failed inside the JavaScript engine: please report it", attrs
	}
	return "event failed", []any{"error", err}
}

// reportException logs an exception. place is logged if it has no position.
func (in *instance) reportException(e *event, thrown *script.Exception, place Position) {
	described := newScriptError(in.generation.bundle.Sources, thrown)
	if described.At.File == "" {
		described.At = place
	}
	in.events.note(e, described)
	log, attrs := in.app.opts.Logger, append(e.attrs(), described.attr())
	if e.bodyFailure() != nil { // a client must not fill the log with errors
		log.Info("uncaught exception after the body of the request has failed", attrs...)
		return
	}
	log.Error("uncaught exception", attrs...)
	in.traceFailure(e, described.Text+described.reasons(), described.At)
}

// placeAttrs returns log attributes with the position and the stack in the sources.
func (g *generation) placeAttrs(frames []script.Frame) []any {
	s := ScriptError{sources: g.bundle.Sources}
	s.setPosition(frames)
	var attrs []any
	if s.At.File != "" {
		attrs = append(attrs, "at", s.At.String())
	}
	if len(s.Stack) > 0 {
		attrs = append(attrs, "stack", s.stack())
	}
	return attrs
}
