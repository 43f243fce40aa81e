package web

import (
	"context"
	"errors"
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
)

// later runs the work of a host function. Work that takes long does not run on the goroutine of the script: then later
// returns undefined at once, and settle(name, message, value), an argument of the host function, is called in a later turn.
// Name and message are those of the error of work, or null. size is the number of bytes that the work needs.
//
// The result of the work is not undefined, and neither contains functions nor belongs to the runtime. Without
// Options.Compute, and if slow is false, later returns the result itself.
func (h *host) later(settle engine.Value, slow bool, size int, work func(context.Context) (engine.Value, error)) (engine.Value, error) {
	fn := settle.Function()
	if !slow || h.options.Compute == nil || fn == nil {
		return work(context.Background())
	}
	var value engine.Value
	var failure error
	fn.Keep()
	err := h.options.Compute(int64(size),
		func(ctx context.Context) { value, failure = recovered(ctx, work) },
		func() error {
			defer fn.Release()
			return h.settle(fn, value, failure)
		})
	if err != nil {
		fn.Release()
		return engine.Undefined(), &engine.Throw{Name: "OperationError", Message: err.Error()}
	}
	return engine.Undefined(), nil
}

// recovered runs work and converts a panic to an error. If the context has ended, its cause is for the script.
func recovered(ctx context.Context, work func(context.Context) (engine.Value, error)) (value engine.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("web: a computation has panicked: %v", p)
		}
	}()
	value, err = work(ctx)
	if err != nil && ctx.Err() != nil {
		err = &engine.Throw{Name: "OperationError", Message: context.Cause(ctx).Error()}
	}
	return value, err
}

// settle passes a result or an error to a function of later. An error that is not for scripts is returned, after the
// function has got one without details.
func (h *host) settle(fn *engine.Function, value engine.Value, failure error) error {
	name, message := engine.Null(), engine.Null()
	throw, known := errors.AsType[*engine.Throw](failure)
	switch {
	case known:
		name, message = engine.String(throw.Name), engine.String(throw.Message)
	case failure != nil:
		name, message = engine.String("OperationError"), engine.String("internal error")
	}
	if _, err := h.realm.runtime.Call(fn, name, message, value); err != nil {
		return err
	}
	if known {
		return nil
	}
	return failure
}
