package embedded

import (
	"errors"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// fromEngine returns an error of the engine as one of package script. Others are returned as they are.
func fromEngine(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*engine.Exception](err); ok {
		return exceptionOf(e)
	}
	switch {
	case errors.Is(err, engine.ErrInterrupted):
		if where, ok := errors.AsType[*engine.Interruption](err); ok {
			return &script.Interruption{Frames: engineFrames(where.Frames)}
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

func exceptionOf(e *engine.Exception) *script.Exception {
	if e == nil {
		return nil
	}
	made := &script.Exception{Name: e.Name, Message: e.Message, Frames: engineFrames(e.Frames), Cause: exceptionOf(e.Cause), More: e.More}
	for _, one := range e.Errors {
		made.Errors = append(made.Errors, exceptionOf(one))
	}
	return made
}

func engineFrames(frames []engine.Frame) []script.Frame {
	made := make([]script.Frame, 0, len(frames))
	for _, f := range frames {
		made = append(made, script.Frame(f))
	}
	return made
}

// toEngine returns an error of the host as one of the engine.
func toEngine(err error) error {
	if throw, ok := errors.AsType[*script.Throw](err); ok {
		return &engine.Throw{Name: throw.Name, Message: throw.Message}
	}
	return err
}
