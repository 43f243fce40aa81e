package engine

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Host is the name of the global variable that contains the host object, whose methods are the functions of Define. A
// script may delete it after it has read the functions that it needs.
const Host = "__host"

// hostFailed is the message of the exception for an error whose details are not shown to scripts.
const hostFailed = "internal error"

// HostFunc is a Go function that scripts can call. The slice of arguments and the functions in it are valid only during
// the call; strings and bytes may be kept.
//
// If the error is, or wraps, a *Throw or an *Exception, the script gets that exception. For any other error, and for a
// panic, the script gets an Error without details.
type HostFunc func(args []Value) (Value, error)

// Throw is an error that is thrown in the script: an instance of the built-in error class Name, or an Error whose
// property name is Name if there is no such class.
type Throw struct{ Name, Message string }

// Error returns name and message in the form in which JavaScript prints them.
func (t *Throw) Error() string { return t.Name + ": " + t.Message }

// hostFunction is a function of Define.
type hostFunction struct {
	name string
	call HostFunc
}

// defineHostObject creates the host object and the functions of this package.
func (r *Runtime) defineHostObject() error {
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
	if err := r.defineNative(React, pointerTo(react), argCount+1); err != nil {
		return err
	}
	if err := r.defineNative(Enqueue, pointerTo(enqueue), enqueuedCount); err != nil {
		return err
	}
	if err := r.defineNative(Enumerate, pointerTo(enumerate), 1); err != nil {
		return err
	}
	if err := r.definePromiseFunctions(); err != nil {
		return err
	}
	if err := r.defineContextFunctions(); err != nil {
		return err
	}
	return r.defineSlotClass()
}

// defineNative makes a function of this package a method of the host object. The engine calls it with at least length
// arguments.
func (r *Runtime) defineNative(name string, function uintptr, length int32) error {
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

// Define makes fn the method name of the host object. It replaces an earlier method of that name.
func (r *Runtime) Define(name string, fn HostFunc) error {
	if len(r.functions) > math.MaxInt16 {
		return &SizeError{What: "the number of host functions", Limit: math.MaxInt16 + 1}
	}
	return r.turn(func() error {
		r.functions = append(r.functions, hostFunction{name, fn})
		return r.define(name, int32(len(r.functions)-1))
	})
}

// define defines the host function with a number as the method name of the host object.
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

// callHost is the native function of every host function. number is its index in r.functions.
func callHost(tls *libc.TLS, _ uintptr, _ raw, argc int32, argv uintptr, number int32) raw {
	r := runtimeOf(tls)
	if r.mustStop() {
		return r.throwStop()
	}
	mark := len(r.scope)
	v, err := r.callHostFunction(&r.functions[number], memory[raw](argv, int(argc)))
	if r.abandoned {
		panic(errInnerTurnFailed) //nolint:forbidigo // protect recovers it; nothing else unwinds the engine's frames
	}
	r.free(mark)
	if err != nil {
		return r.throw(r.functions[number].name, err)
	}
	return v
}

// callHostFunction converts the arguments, calls the function, and converts the result.
func (r *Runtime) callHostFunction(f *hostFunction, argv []raw) (raw, error) {
	in := reader{Runtime: r, remaining: maxListValues}
	defer in.release()
	first := len(r.args)
	defer func() {
		clear(r.args[first:])
		r.args = r.args[:first]
	}()
	for _, arg := range argv {
		v, err := in.read(arg, maxListDepth)
		if err != nil {
			return rawUndefined(), asScriptError(err)
		}
		r.args = append(r.args, v)
	}
	result, err := guard(f.call, r.args[first:len(r.args):len(r.args)])
	if err != nil {
		return rawUndefined(), err
	}
	v, err := r.toJS(result)
	if err != nil {
		err = asScriptError(err)
	}
	return v, err
}

// guard calls a host function and converts a panic to an error, because a panic must not unwind frames of the engine. A
// Goexit cannot be stopped: it ends the goroutine, and the turn abandons the Runtime.
func guard(call HostFunc, args []Value) (v Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return call(args)
}

// asScriptError converts an error about a value that cannot be passed to a TypeError for the script.
func asScriptError(err error) error {
	var unsupported *UnsupportedError
	var size *SizeError
	if errors.As(err, &unsupported) || errors.As(err, &size) {
		return &Throw{Name: "TypeError", Message: err.Error()}
	}
	return err
}

// throw makes err, an error of a host function, the pending exception.
func (r *Runtime) throw(function string, err error) raw {
	if r.mustStop() {
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
