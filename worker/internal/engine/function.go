package engine

import (
	"fmt"
	"unsafe"

	lib "modernc.org/libquickjs"
)

// maxArguments bounds the number of arguments of Call, far below the engine's own limit.
const maxArguments = 1 << 12

// Function is a counted reference to a JavaScript function. The caller owns a Function in a result, or one that Global
// returns, and must release it. A Function among the arguments of a host function is valid only during the call, unless
// the host function calls Keep.
type Function struct{ handle handle }

// newFunction returns a Function with one reference. It takes over the caller's reference to v.
func (r *Runtime) newFunction(v raw) *Function {
	f := new(Function)
	r.addHandle(&f.handle, v)
	return f
}

// Value returns f as a Value, to be passed to JavaScript. It does not change the reference count.
func (f *Function) Value() Value {
	return Value{kind: KindFunction, data: unsafe.Pointer(f)}
}

// Keep increments the reference count of f and returns f.
func (f *Function) Keep() *Function {
	if f.handle.count > 0 {
		f.handle.count++
	}
	return f
}

// Release decrements the reference count of f. When the count is 0, f can no longer be used, and further calls of Release
// do nothing. After the Runtime has been closed, Release does nothing.
func (f *Function) Release() { f.handle.release() }

// duplicate returns a new reference to the engine value of f, which must belong to r.
func (r *Runtime) duplicate(f *Function) (raw, error) {
	if f == nil {
		return rawUndefined(), ErrReleased
	}
	return r.reference(&f.handle)
}

// reference returns a new reference to the engine value of h, which must belong to r.
func (r *Runtime) reference(h *handle) (raw, error) {
	if h.r != r || h.count == 0 {
		return rawUndefined(), ErrReleased
	}
	return lib.XDupValue(r.tls, r.ctx, h.v), nil
}

// Global returns the function that is the property name of the global object. The caller must release it.
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

// global is Global within a turn.
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
		return nil, fmt.Errorf("engine: the global %s is not a function; the script must define it", name)
	}
	return r.newFunction(lib.XDupValue(r.tls, r.ctx, v)), nil
}

// Call calls fn, as a turn, with undefined as this. It returns an *UnsupportedError if the function has returned a value
// that cannot be converted.
func (r *Runtime) Call(fn *Function, args ...Value) (result Value, err error) {
	err = r.turn(func() error {
		result, err = r.call(fn, args)
		return err
	})
	return result.orRelease(err)
}

// call is Call within a turn.
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
