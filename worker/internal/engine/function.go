package engine

import (
	"fmt"
	"unsafe"

	lib "modernc.org/libquickjs"
)

// maxArguments bounds what one call may pass, far below what a call's frame holds.
const maxArguments = 1 << 12

// Function is a counted reference to a JavaScript function. One that a result or
// Global gave belongs to the caller, who releases it. One among the arguments of a
// host function is lent for that call; Keep makes it last.
type Function struct{ handle handle }

// newFunction takes over one count of v.
func (r *Runtime) newFunction(v raw) *Function {
	f := new(Function)
	r.adopt(&f.handle, v)
	return f
}

// Value wraps f to be passed to JavaScript; it does not change its count.
func (f *Function) Value() Value {
	return Value{kind: KindFunction, data: unsafe.Pointer(f)}
}

// Keep adds one to f's count and returns f.
func (f *Function) Keep() *Function {
	if f.handle.count > 0 {
		f.handle.count++
	}
	return f
}

// Release takes one from f's count; at zero f is of no more use. Releasing again,
// or after its Runtime was closed, does nothing.
func (f *Function) Release() { f.handle.release() }

// duplicate gives a counted engine value for f, which must be r's own.
func (r *Runtime) duplicate(f *Function) (raw, error) {
	if f == nil || f.handle.r != r || f.handle.count == 0 {
		return rawUndefined(), ErrReleased
	}
	return lib.XDupValue(r.tls, r.ctx, f.handle.v), nil
}

// Global gives the function that the global object has under name. The caller
// releases it.
func (r *Runtime) Global(name string) (f *Function, err error) {
	err = r.turn(func() error {
		f, err = r.global(name)
		return err
	})
	if err != nil && f != nil {
		f.Release()
		f = nil
	}
	return f, err
}

func (r *Runtime) global(name string) (*Function, error) {
	key, err := r.cString(name)
	if err != nil {
		return nil, err
	}
	defer r.freeCString(key)
	global := r.hold(lib.XJS_GetGlobalObject(r.tls, r.ctx))
	v := r.hold(lib.XJS_GetPropertyStr(r.tls, r.ctx, global, key))
	switch {
	case isException(v):
		return nil, r.thrown()
	case lib.XJS_IsFunction(r.tls, r.ctx, v) == 0:
		return nil, fmt.Errorf("engine: the global %s is not a function; the script has to define it", name)
	}
	return r.newFunction(lib.XDupValue(r.tls, r.ctx, v)), nil
}

// Call is a turn: it calls fn with this undefined, then runs the promise jobs. A
// result without a form in Go is an *UnsupportedError, though the call was made.
func (r *Runtime) Call(fn *Function, args ...Value) (result Value, err error) {
	err = r.turn(func() error {
		result, err = r.call(fn, args)
		return err
	})
	return result.unless(err)
}

func (r *Runtime) call(fn *Function, args []Value) (Value, error) {
	f, err := r.duplicate(fn)
	if err != nil {
		return Undefined(), err
	}
	r.hold(f)
	if len(args) > maxArguments {
		return Undefined(), &SizeError{What: "the number of arguments", Limit: maxArguments}
	}
	size := max(len(args), 1) * int(rawSize)
	argv := r.tls.Alloc(size)
	defer r.tls.Free(size)
	for i, arg := range args {
		v, err := r.toJS(arg)
		if err != nil {
			return Undefined(), err
		}
		*at[raw](argv + uintptr(i)*rawSize) = r.hold(v)
	}
	v := r.hold(lib.XJS_Call(r.tls, r.ctx, f, rawUndefined(), int32(len(args)), argv))
	if isException(v) {
		return Undefined(), r.thrown()
	}
	return r.fromJS(v)
}
