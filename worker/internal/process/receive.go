package process

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
)

// provided returns the functions that a child may call, sorted by their names, and which of them keep no argument.
func (r *remote) provided() (names []string, functions []modules.Function, transient []bool) {
	all := r.table.Functions()
	maps.Copy(all, r.table.BindingFunctions())
	maps.Copy(all, r.table.PlatformFunctions())
	maps.Copy(all, r.ownFunctions())
	maps.Copy(all, r.engineFunctions())
	for name, fn := range all {
		if modules.UsesStorage(name) {
			all[name] = r.withinTurn(fn)
		}
	}
	names = slices.Sorted(maps.Keys(all))
	for _, name := range names {
		functions = append(functions, all[name])
		transient = append(transient, name == "send" || name == "done")
	}
	return names, functions, transient
}

// withinTurn returns a function that is called during a turn of the child, which reports its end.
func (r *remote) withinTurn(fn modules.Function) modules.Function {
	return func(args []engine.Value) (engine.Value, error) {
		r.midTurn = true
		return fn(args)
	}
}

// ownFunctions returns the functions with which a child reports about its application.
func (r *remote) ownFunctions() map[string]modules.Function {
	return map[string]modules.Function{
		// loaded() reports that the module is complete.
		"loaded": func([]engine.Value) (engine.Value, error) {
			r.module = moduleLoaded
			return engine.Undefined(), nil
		},
		// loadFailed(exception) reports what the module has thrown.
		"loadFailed": func(args []engine.Value) (engine.Value, error) {
			r.module, r.failure = moduleFailed, exceptionOf(at(args, 0), 0)
			return engine.Undefined(), nil
		},
		// listeners(types, places) reports the types of events that the application listens to, and the positions of the
		// listeners to each.
		"listeners": func(args []engine.Value) (engine.Value, error) {
			r.types, r.listeners = nil, map[string][]script.Frame{}
			places := at(args, 1).List()
			for i, kind := range at(args, 0).List() {
				r.types = append(r.types, kind.String())
				r.listeners[kind.String()] = modules.Frames(at(places, i))
			}
			return engine.Undefined(), nil
		},
		// threw(event, exception, places) reports an exception of a listener, or outside of events with the event 0.
		"threw": func(args []engine.Value) (engine.Value, error) {
			r.host.Threw(at(args, 0).Int(), exceptionOf(at(args, 1), 0), modules.Frames(at(args, 2)))
			return engine.Undefined(), nil
		},
		// unhandled(exception) reports the rejection of a promise without a handler.
		"unhandled": func(args []engine.Value) (engine.Value, error) {
			r.host.Unhandled(exceptionOf(at(args, 0), 0))
			return engine.Undefined(), nil
		},
		// listened(type, frames) reports a call of addEventListener.
		"listened": func(args []engine.Value) (engine.Value, error) {
			r.host.Listened(at(args, 0).String(), stackOf(at(args, 1)))
			return engine.Undefined(), nil
		},
		// exposed(name) adds a function that Linger may call, with the next number.
		"exposed": func(args []engine.Value) (engine.Value, error) {
			if len(r.exposed) <= maxExposed {
				r.exposed[at(args, 0).String()] = uint16(len(r.exposed)) //nolint:gosec // at most maxExposed
			}
			return engine.Undefined(), nil
		},
		// halted(begun) reports that the child handles nothing further. begun is whether the application has begun to handle the
		// first event that is not reported as handled.
		"halted": func(args []engine.Value) (engine.Value, error) {
			r.unhandled.halt(at(args, 0).Bool())
			return engine.Undefined(), nil
		},
		// reached(event, n) reports, before halted, how many messages of a series have begun.
		"reached": func(args []engine.Value) (engine.Value, error) {
			r.unhandled.reach(at(args, 0).Int(), at(args, 1).Int())
			return engine.Undefined(), nil
		},
		// overdue(event) reports that the listeners to a message of a series are not done in time.
		"overdue": func(args []engine.Value) (engine.Value, error) {
			r.host.Overdue(at(args, 0).Int())
			return engine.Undefined(), nil
		},
		// endTurn() reports the end of a turn that has used storage.
		"endTurn": func([]engine.Value) (engine.Value, error) {
			r.midTurn = false
			r.host.EndTurn()
			return engine.Undefined(), nil
		},
		// busy(reason) answers check.
		"busy": func(args []engine.Value) (engine.Value, error) {
			r.busy, r.checking = at(args, 0).String(), false
			r.idle = r.busy == ""
			return engine.Undefined(), nil
		},
	}
}

// handle handles frames of the child. The error makes the Runtime unusable.
func (r *remote) handle(frames []frame) error {
	if r.fatal != nil {
		return r.fatal
	}
	for len(frames) > 0 {
		n, connection := r.sends(frames)
		first := frames[:max(n, 1)]
		frames = frames[len(first):]
		var err error
		if n > 1 {
			err = r.handleTogether(connection, first)
		} else {
			err = r.handleAll(first)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// handleTogether is handleAll for frames that send to the same connection.
func (r *remote) handleTogether(connection string, frames []frame) (err error) {
	r.host.Together(connection, func() { err = r.handleAll(frames) })
	return err
}

// handleAll handles frames up to the first error, which makes the Runtime unusable.
func (r *remote) handleAll(frames []frame) error {
	for _, f := range frames {
		if err := r.handleFrame(f); err != nil {
			return r.fail(err)
		}
		if r.fatal != nil { // the child has reported that it has failed
			return r.fatal
		}
	}
	return nil
}

// sends returns how many of the first frames send to the same connection, and its id, which is valid as long as the frames are.
func (r *remote) sends(frames []frame) (n int, connection string) {
	target := r.sendTarget(frames[0])
	if target == nil {
		return 0, ""
	}
	for n = 1; n < len(frames) && bytes.HasPrefix(frames[n].content, target) && frames[n].kind == frameCall; n++ {
	}
	if n == 1 {
		return n, ""
	}
	c := content{data: target}
	_ = c.uint16()
	return n, c.value(0).String()
}

// sendTarget returns the beginning of a frame that calls send, up to its first argument, the id of the connection. It returns nil for
// another frame.
func (r *remote) sendTarget(f frame) []byte {
	c := content{data: f.content}
	if f.kind != frameCall || int(c.uint16()) != r.sendNumber {
		return nil
	}
	if id := c.value(0); c.err != nil || id.Kind() != engine.KindString {
		return nil
	}
	return f.content[:len(f.content)-len(c.data)]
}

// handleFrame handles a frame. The error means that the child does not follow the protocol.
func (r *remote) handleFrame(f frame) error {
	c := content{data: f.content}
	switch f.kind {
	case frameHello:
		return r.hello(content{data: slices.Clone(f.content)})
	case frameCall, frameAsk:
		number := c.uint16()
		args, err := r.arguments(number, c)
		if err != nil {
			return err
		}
		result, err := r.functions[number](args)
		if f.kind == frameAsk {
			r.answer(r.names[number], result, err)
		} else if err != nil {
			r.reportCall(r.names[number], err)
		}
		return nil
	case frameHandled:
		r.unhandled.remove(r.progress.handled(int(c.uint32()), time.Now()))
		return c.err
	case frameResult, frameException:
	}
	return fmt.Errorf("%w: a child does not send the kind %d", errFrame, f.kind)
}

// arguments returns the arguments of a function. Those that it may keep are copied.
func (r *remote) arguments(number uint16, c content) (args []engine.Value, err error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case int(number) >= len(r.functions):
		return nil, fmt.Errorf("%w: there is no function %d", errFrame, number)
	case r.transient[number]:
		args = c.values(r.args[:0])
		r.args = args
	default:
		c.data = slices.Clone(c.data)
		args = c.values(nil)
	}
	return args, c.err
}

// hello handles the hello of the child, and sends the code of the application.
func (r *remote) hello(c content) error {
	if version := c.uint16(); c.err == nil && version != protocolVersion {
		return fmt.Errorf("%w: its version is %d, but this program has %d", errFrame, version, protocolVersion)
	}
	values := c.values(nil)
	if c.err != nil {
		return c.err
	}
	r.exposed = map[string]uint16{}
	for i, name := range at(values, 0).List() {
		if i <= maxExposed {
			r.exposed[name.String()] = uint16(i) //nolint:gosec // at most maxExposed
		}
	}
	err := errors.Join(
		r.call("configure", modules.Settings(&r.app)...),
		r.call("load", engine.String(r.app.File), engine.String(r.app.Code), engine.String(r.app.Name)),
	)
	r.unhandled.add(0, r.sent)
	r.Flush()
	return err
}

// answer sends the answer to an ask. An error that is not for the application is logged, and the application gets one without its
// text.
func (r *remote) answer(function string, result engine.Value, err error) {
	r.answers.add(func(b []byte) []byte {
		if err == nil {
			return appendFrame(b, frameResult, func(b []byte) []byte { return appendValue(b, result) })
		}
		throw, ok := errors.AsType[*script.Throw](err)
		if !ok {
			r.host.CallFailed(function, err)
			throw = &script.Throw{Name: "Error", Message: function + " failed: the log of the server has the reason"}
		}
		return appendFrame(b, frameException, func(b []byte) []byte {
			return appendValue(appendValue(b, engine.String(throw.Name)), engine.String(throw.Message))
		})
	})
	r.answers.flush()
}

// reportCall reports an error of a call that the child does not wait for.
func (r *remote) reportCall(function string, err error) {
	if throw, ok := errors.AsType[*script.Throw](err); ok {
		r.host.Threw(0, &script.Exception{Name: throw.Name, Message: throw.Message}, nil)
		return
	}
	r.host.CallFailed(function, err)
}

// appendHello appends the hello of this side.
func appendHello(b []byte, functions engine.Value) []byte {
	return appendFrame(b, frameHello, func(b []byte) []byte {
		return appendValue(append(b, protocolVersion, 0), functions)
	})
}

// at returns an element of a list, undefined if it is missing.
func at(list []engine.Value, i int) engine.Value {
	if i < len(list) {
		return list[i]
	}
	return engine.Undefined()
}

// maxExposed bounds the functions of a child.
const maxExposed = 1000

// maxCauses bounds the errors within an exception.
const maxCauses = 16

// exceptionOf returns the exception in a list of its name, message, frames, cause, errors and the number of other errors. It returns nil for
// another value.
func exceptionOf(v engine.Value, depth int) *script.Exception {
	parts := v.List()
	if len(parts) < 2 || depth > maxCauses {
		return nil
	}
	e := &script.Exception{
		Name: parts[0].String(), Message: parts[1].String(), Frames: stackOf(at(parts, 2)),
		Cause: exceptionOf(at(parts, 3), depth+1), More: at(parts, 5).Int(),
	}
	for _, part := range at(parts, 4).List() {
		if inner := exceptionOf(part, depth+1); inner != nil && len(e.Errors) < maxCauses {
			e.Errors = append(e.Errors, inner)
		}
	}
	return e
}

// stackOf returns the frames in a flat list of function, file, line and column.
func stackOf(v engine.Value) []script.Frame {
	var frames []script.Frame
	for list := v.List(); len(list) >= 4; list = list[4:] {
		frames = append(frames, script.Frame{Function: list[0].String(), File: list[1].String(), Line: list[2].Int(), Column: list[3].Int()})
	}
	return frames
}
