package embedded

import (
	"errors"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// fromEngine converts an error of the engine to one of package script. Other errors are returned unchanged.
func fromEngine(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*engine.Exception](err); ok {
		return scriptException(e)
	}
	switch {
	case errors.Is(err, engine.ErrInterrupted):
		if where, ok := errors.AsType[*engine.Interruption](err); ok {
			return &script.Interruption{Frames: scriptFrames(where.Frames)}
		}
		return script.ErrInterrupted
	case errors.Is(err, engine.ErrOutOfMemory):
		return script.ErrOutOfMemory
	case errors.Is(err, engine.ErrPoisoned):
		failure := &script.Failure{Cause: err}
		if p, ok := errors.AsType[*engine.PanicError](err); ok {
			failure.Cause, failure.Stack = p, string(p.Stack)
		}
		return failure
	}
	return err
}

// scriptException converts an exception of the engine. It returns nil for nil.
func scriptException(e *engine.Exception) *script.Exception {
	if e == nil {
		return nil
	}
	converted := &script.Exception{Name: e.Name, Message: e.Message, Frames: scriptFrames(e.Frames), Cause: scriptException(e.Cause), More: e.More}
	for _, part := range e.Errors {
		converted.Errors = append(converted.Errors, scriptException(part))
	}
	return converted
}

// scriptFrames converts frames of the engine.
func scriptFrames(frames []engine.Frame) []script.Frame {
	converted := make([]script.Frame, 0, len(frames))
	for _, f := range frames {
		converted = append(converted, script.Frame(f))
	}
	return converted
}

// toEngine converts a [script.Throw] of the host to one of the engine. Other errors are returned unchanged.
func toEngine(err error) error {
	if throw, ok := errors.AsType[*script.Throw](err); ok {
		return &engine.Throw{Name: throw.Name, Message: throw.Message}
	}
	return err
}
