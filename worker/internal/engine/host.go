package engine

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Host is the global that holds what Define defines: globalThis.__host. A script
// that took what it needs can delete it.
const Host = "__host"

// hostFailed is all that a script is told of an error that was not made for it.
const hostFailed = "internal error"

// HostFunc is a Go function that scripts can call. Its arguments are valid only
// during the call; texts and bytes in them are the host's to keep.
//
// A *Throw or an *Exception among its errors is thrown as it says. Of any other
// error, and of a panic, the script learns only that there was one.
type HostFunc func(args []Value) (Value, error)

// Throw is an error for the script: an object of the built-in error class Name, or
// an Error whose name property is Name where there is no such class.
type Throw struct{ Name, Message string }

// Error gives name and message as JavaScript prints them.
func (t *Throw) Error() string { return t.Name + ": " + t.Message }

type hostFunction struct {
	name string
	call HostFunc
}

func (r *Runtime) makeHost() error {
	r.host = lib.XJS_NewObjectProto(r.tls, r.ctx, rawNull())
	if isException(r.host) {
		return ErrOutOfMemory
	}
	key, err := r.cString(Host)
	if err != nil {
		return err
	}
	defer r.freeCString(key)
	global := lib.XJS_GetGlobalObject(r.tls, r.ctx)
	defer lib.XFreeValue(r.tls, r.ctx, global)
	const flags = lib.MJS_PROP_CONFIGURABLE | lib.MJS_PROP_WRITABLE
	if lib.XJS_DefinePropertyValueStr(r.tls, r.ctx, global, key, lib.XDupValue(r.tls, r.ctx, r.host), flags) < 0 {
		return ErrOutOfMemory
	}
	if err := r.lend(React, pointerTo(react), 3); err != nil {
		return err
	}
	return r.makeSlots()
}

// lend makes a function of this package a method of the host object. The engine calls
// it with at least as many arguments as its length.
func (r *Runtime) lend(name string, function uintptr, length int32) error {
	key, err := r.cString(name)
	if err != nil {
		return err
	}
	defer r.freeCString(key)
	f := lib.XJS_NewCFunction2(r.tls, r.ctx, function, key, length, lib.EJS_CFUNC_generic, 0)
	if isException(f) || lib.XJS_DefinePropertyValueStr(r.tls, r.ctx, r.host, key, f, lib.MJS_PROP_C_W_E) < 0 {
		return ErrOutOfMemory
	}
	return nil
}

// Define makes fn the method name of the host object, in place of an earlier one of
// that name.
func (r *Runtime) Define(name string, fn HostFunc) error {
	if len(r.functions) > math.MaxInt16 {
		return &SizeError{What: "the number of host functions", Limit: math.MaxInt16 + 1}
	}
	return r.turn(func() error {
		r.functions = append(r.functions, hostFunction{name, fn})
		return r.define(name, int32(len(r.functions)-1))
	})
}

func (r *Runtime) define(name string, number int32) error {
	key, err := r.cString(name)
	if err != nil {
		return err
	}
	defer r.freeCString(key)
	f := lib.XJS_NewCFunction2(r.tls, r.ctx, pointerTo(callHost), key, 0, lib.EJS_CFUNC_generic_magic, number)
	if isException(f) {
		return r.thrown()
	}
	if lib.XJS_DefinePropertyValueStr(r.tls, r.ctx, r.host, key, f, lib.MJS_PROP_C_W_E) < 0 {
		return r.thrown()
	}
	return nil
}

// callHost is what the engine calls for every host function.
func callHost(tls *libc.TLS, _ uintptr, _ raw, argc int32, argv uintptr, number int32) raw {
	r := runtimeOf(tls)
	if r.stopped() {
		return r.throwStop()
	}
	mark := len(r.scope)
	v, err := r.serve(&r.functions[number], memory[raw](argv, int(argc)))
	if r.abandoned {
		panic(errLeft) //nolint:forbidigo // protect recovers it; there is no other way out of the engine's frames
	}
	r.free(mark)
	if err != nil {
		return r.throw(r.functions[number].name, err)
	}
	return v
}

// serve passes the arguments over, calls, and passes the result back.
func (r *Runtime) serve(f *hostFunction, argv []raw) (raw, error) {
	in := reader{Runtime: r, left: maxListValues}
	defer in.release()
	first := len(r.args)
	defer func() {
		clear(r.args[first:])
		r.args = r.args[:first]
	}()
	for _, arg := range argv {
		v, err := in.read(arg, maxListDepth)
		if err != nil {
			return rawUndefined(), forScript(err)
		}
		r.args = append(r.args, v)
	}
	result, err := guard(f.call, r.args[first:len(r.args):len(r.args)])
	if err != nil {
		return rawUndefined(), err
	}
	v, err := r.toJS(result)
	if err != nil {
		err = forScript(err)
	}
	return v, err
}

// guard keeps a panic of the host out of the engine's frames. A Goexit cannot be
// kept out: it ends the goroutine, and the turn abandons the Runtime.
func guard(call HostFunc, args []Value) (v Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return call(args)
}

// forScript has the script see what cannot be passed, and why.
func forScript(err error) error {
	var unsupported *UnsupportedError
	var size *SizeError
	if errors.As(err, &unsupported) || errors.As(err, &size) {
		return &Throw{Name: "TypeError", Message: err.Error()}
	}
	return err
}

// throw makes err the pending exception.
func (r *Runtime) throw(function string, err error) raw {
	if r.stopped() {
		return r.throwStop()
	}
	var throw *Throw
	var exception *Exception
	switch {
	case errors.As(err, &throw):
	case errors.As(err, &exception):
		throw = &Throw{Name: exception.Name, Message: exception.Message}
	default:
		if r.options.OnHostError != nil {
			r.options.OnHostError(function, err)
		}
		throw = &Throw{Name: "Error", Message: fmt.Sprintf("%s: %s", function, hostFailed)}
	}
	return r.throwError(throw)
}
