package engine

import (
	"unsafe"

	lib "modernc.org/libquickjs"
)

const (
	// maxListDepth bounds the nesting of lists, which also ends lists that contain themselves.
	maxListDepth = 32

	// maxListValues bounds the number of elements of all lists within one value from a script.
	maxListValues = 1 << 16
)

// toJS converts v to an engine value. The caller frees it.
func (r *Runtime) toJS(v Value) (raw, error) { return r.toJSWithin(v, maxListDepth) }

// toJSWithin is toJS for lists that may be nested up to depth.
func (r *Runtime) toJSWithin(v Value, depth int) (raw, error) {
	switch v.kind {
	case KindUndefined:
		return rawUndefined(), nil
	case KindNull:
		return rawNull(), nil
	case KindBool:
		return simple(lib.EJS_TAG_BOOL, v.bits), nil
	case KindNumber:
		return rawNumber(v.Float()), nil
	case KindString:
		return r.newText(v.String())
	case KindBytes:
		return r.newBuffer(v.Bytes())
	case KindList:
		return r.newArray(v.List(), depth)
	case KindFunction:
		return r.duplicate(v.Function())
	case KindBigInt:
		return lib.XJS_NewBigInt64(r.tls, r.ctx, v.BigInt()), nil
	case KindBuffer:
		return r.reference(&(*Buffer)(v.data).handle)
	}
	return rawUndefined(), &UnsupportedError{Type: v.kind.String()}
}

// newArray converts a list to an array. It defines the elements, so that setters on Array.prototype are not called.
func (r *Runtime) newArray(list []Value, depth int) (raw, error) {
	if depth == 0 {
		return rawUndefined(), &SizeError{What: "the nesting of a list", Limit: maxListDepth}
	}
	array := lib.XJS_NewArray(r.tls, r.ctx)
	if isException(array) {
		return array, r.thrown()
	}
	for i, v := range list {
		element, err := r.toJSWithin(v, depth-1)
		if err == nil && lib.XJS_DefinePropertyValueUint32(r.tls, r.ctx, array, uint32(i), element, lib.MJS_PROP_C_W_E) < 0 {
			err = r.thrown()
		}
		if err != nil {
			lib.XFreeValue(r.tls, r.ctx, array)
			return rawUndefined(), err
		}
	}
	return array, nil
}

// reader converts engine values to Go values.
type reader struct {
	*Runtime
	remaining int         // number of list elements that may still be converted
	functions []*Function // functions among the converted values
}

// fromJS converts v to a Go value. The caller keeps its reference to v, and owns the functions in the result.
func (r *Runtime) fromJS(v raw) (Value, error) {
	in := reader{Runtime: r, remaining: maxListValues}
	value, err := in.read(v, maxListDepth)
	if err != nil {
		in.release()
	}
	return value, err
}

// orRelease returns v, or releases it if the turn has failed with err.
func (v Value) orRelease(err error) (Value, error) {
	if err == nil {
		return v, nil
	}
	v.release()
	return Undefined(), err
}

// release releases the functions in v.
func (v Value) release() {
	if f := v.Function(); f != nil {
		f.Release()
	}
	for _, element := range v.List() {
		element.release()
	}
}

// release releases all functions among the converted values.
func (in *reader) release() {
	for _, f := range in.functions {
		f.Release()
	}
}

// read converts v, in which lists may be nested up to depth.
func (in *reader) read(v raw, depth int) (Value, error) {
	switch tag(v) {
	case lib.EJS_TAG_UNDEFINED:
		return Undefined(), nil
	case lib.EJS_TAG_NULL:
		return Null(), nil
	case lib.EJS_TAG_BOOL:
		return Bool(uint32(v.Fu.Fuint641) != 0), nil
	case lib.EJS_TAG_INT, lib.EJS_TAG_FLOAT64:
		return Number(rawFloat(v)), nil
	case lib.EJS_TAG_STRING, lib.EJS_TAG_STRING_ROPE:
		s, err := in.text(v)
		return String(s), err
	case lib.EJS_TAG_OBJECT:
		return in.readObject(v, depth)
	case lib.EJS_TAG_BIG_INT, lib.EJS_TAG_SHORT_BIG_INT:
		return in.readBigInt(v)
	}
	return Undefined(), &UnsupportedError{Type: in.typeName(v)}
}

// readBigInt converts a BigInt with at most 64 bits.
func (in *reader) readBigInt(v raw) (Value, error) {
	const size = 8
	number := in.tls.Alloc(size)
	defer in.tls.Free(size)
	if lib.XJS_ToBigInt64(in.tls, in.ctx, number, v) < 0 {
		return Undefined(), in.thrown()
	}
	n := *at[int64](number)
	again := in.hold(lib.XJS_NewBigInt64(in.tls, in.ctx, n))
	if lib.XJS_StrictEq(in.tls, in.ctx, v, again) == 0 { // the conversion is modulo 2^64
		return Undefined(), &UnsupportedError{Type: "bigint of more than 64 bits"}
	}
	return BigInt(n), nil
}

// readObject converts a function, an array, or an ArrayBuffer or view.
func (in *reader) readObject(v raw, depth int) (Value, error) {
	if lib.XJS_IsFunction(in.tls, in.ctx, v) != 0 {
		f := in.newFunction(lib.XDupValue(in.tls, in.ctx, v))
		in.functions = append(in.functions, f)
		return f.Value(), nil
	}
	if object(v).Fclass_id == lib.EJS_CLASS_ARRAY {
		return in.readArray(v, depth)
	}
	if b, ok := in.bytes(v); ok {
		return Bytes(b), nil
	}
	return Undefined(), &UnsupportedError{Type: in.typeName(v)}
}

// readArray converts an array. It reads the length only once, because reading an element may run code of the script that
// changes the array.
func (in *reader) readArray(v raw, depth int) (Value, error) {
	length := in.hold(lib.XGetProperty(in.tls, in.ctx, v, lib.EJS_ATOM_length))
	if isException(length) {
		return Undefined(), in.thrown()
	}
	n := int(rawFloat(length))
	if depth == 0 {
		return Undefined(), &SizeError{What: "the nesting of an array", Limit: maxListDepth}
	}
	if n > in.remaining {
		return Undefined(), &SizeError{What: "an array", Limit: maxListValues}
	}
	in.remaining -= n
	list := make([]Value, n)
	for i := range list {
		if err := in.readElement(&list[i], v, i, depth-1); err != nil {
			return Undefined(), err
		}
	}
	return List(list...), nil
}

// readElement converts element i of an array.
func (in *reader) readElement(to *Value, array raw, i, depth int) (err error) {
	element := lib.XJS_GetPropertyUint32(in.tls, in.ctx, array, uint32(i))
	if isException(element) {
		return in.thrown()
	}
	*to, err = in.read(element, depth)
	lib.XFreeValue(in.tls, in.ctx, element)
	return err
}

// typeName returns the name of a value's type, or of an object's class. It reads the class within the engine: a script
// cannot change it, and no code of the script runs.
func (r *Runtime) typeName(v raw) string {
	switch tag(v) {
	case lib.EJS_TAG_SYMBOL:
		return "symbol"
	case lib.EJS_TAG_BIG_INT, lib.EJS_TAG_SHORT_BIG_INT:
		return "bigint"
	case lib.EJS_TAG_OBJECT:
		return r.className(int(object(v).Fclass_id))
	}
	return "unknown"
}

// className returns the name of a class.
func (r *Runtime) className(class int) string {
	if class == lib.EJS_CLASS_PROXY {
		return "Proxy" // the engine's name is Object
	}
	name := lib.XJS_AtomToString(r.tls, r.ctx, r.class(class).Fclass_name)
	defer lib.XFreeValue(r.tls, r.ctx, name)
	if tag(name) != lib.EJS_TAG_STRING {
		return "object"
	}
	return fromLatin1(latin1(name))
}

// class returns the engine's record of a class.
func (r *Runtime) class(number int) *lib.TJSClass {
	classes := at[lib.TJSRuntime](r.rt).Fclass_array
	return at[lib.TJSClass](classes + uintptr(number)*unsafe.Sizeof(lib.TJSClass{}))
}
