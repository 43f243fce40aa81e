package engine

import (
	"fmt"
	"math"
	"strconv"
	"unsafe"
)

// Kind tells what a Value holds.
type Kind uint8

// The kinds of values that pass between Go and JavaScript.
const (
	KindUndefined Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindBytes
	KindList
	KindFunction
)

// String names the kind as JavaScript people would.
func (k Kind) String() string {
	switch k {
	case KindUndefined:
		return "undefined"
	case KindNull:
		return "null"
	case KindBool:
		return "boolean"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	case KindBytes:
		return "bytes"
	case KindList:
		return "list"
	case KindFunction:
		return "function"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is one JavaScript value as plain Go data. The zero Value is undefined.
//
// An accessor of the wrong kind gives the zero of its type, so that host functions
// can read arguments without asking first.
type Value struct {
	_    [0]func() // Two equal texts may differ in their pointers, so no ==.
	kind Kind
	bits uint64         // the number, the bool, or a length
	data unsafe.Pointer // the text, the bytes, the list, or the *Function
}

// Undefined is JavaScript's undefined.
func Undefined() Value { return Value{} }

// Null is JavaScript's null.
func Null() Value { return Value{kind: KindNull} }

// Bool is a JavaScript boolean.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.bits = 1
	}
	return v
}

// Number is a JavaScript number.
func Number(f float64) Value { return Value{kind: KindNumber, bits: math.Float64bits(f)} }

// Int is a JavaScript number; beyond 2^53 it loses precision.
func Int(n int) Value { return Number(float64(n)) }

// String is a JavaScript string. Bytes that are not UTF-8 become U+FFFD on the way in.
func String(s string) Value {
	return Value{kind: KindString, bits: uint64(len(s)), data: unsafe.Pointer(unsafe.StringData(s))}
}

// Text is String for a text that is given as bytes. It does not copy them: they must not be changed as long as the value
// is in use.
func Text(b []byte) Value {
	return Value{kind: KindString, bits: uint64(len(b)), data: unsafe.Pointer(unsafe.SliceData(b))}
}

// Bytes is an ArrayBuffer with a copy of b, made when the value enters the engine.
func Bytes(b []byte) Value {
	return Value{kind: KindBytes, bits: uint64(len(b)), data: unsafe.Pointer(unsafe.SliceData(b))}
}

// List is a JavaScript array. It keeps the slice it is given.
func List(values ...Value) Value {
	return Value{kind: KindList, bits: uint64(len(values)), data: unsafe.Pointer(unsafe.SliceData(values))}
}

// Kind tells what v holds.
func (v Value) Kind() Kind { return v.kind }

// Bool gives the boolean, false for every other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits != 0 }

// Float gives the number, 0 for every other kind.
func (v Value) Float() float64 {
	if v.kind != KindNumber {
		return 0
	}
	return math.Float64frombits(v.bits)
}

// Int gives the number without its fraction, held within the range of int. NaN
// and every other kind give 0.
func (v Value) Int() int {
	f := v.Float()
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt:
		return math.MaxInt
	case f <= math.MinInt:
		return math.MinInt
	}
	return int(f)
}

// String gives the text of a string and a readable form of every other kind.
func (v Value) String() string {
	switch v.kind {
	case KindString:
		return unsafe.String((*byte)(v.data), int(v.bits))
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindNumber:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case KindBytes:
		return fmt.Sprintf("bytes(%d)", v.bits)
	case KindList:
		return fmt.Sprintf("list(%d)", v.bits)
	case KindUndefined, KindNull, KindFunction:
		return v.kind.String()
	}
	return v.kind.String()
}

// Bytes gives the bytes, nil for every other kind. They are the caller's own when
// the value came from JavaScript.
func (v Value) Bytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return unsafe.Slice((*byte)(v.data), int(v.bits))
}

// Content gives the text of a string, or bytes, as bytes, and nil for every other kind. It does not copy them: those of a
// string must not be changed.
func (v Value) Content() []byte {
	switch {
	case v.kind != KindString && v.kind != KindBytes:
		return nil
	case v.bits == 0:
		return []byte{} // not nil, which is what has no content
	}
	return unsafe.Slice((*byte)(v.data), int(v.bits))
}

// List gives the elements of an array, nil for every other kind.
func (v Value) List() []Value {
	if v.kind != KindList {
		return nil
	}
	return unsafe.Slice((*Value)(v.data), int(v.bits))
}

// Function gives the function, nil for every other kind.
func (v Value) Function() *Function {
	if v.kind != KindFunction {
		return nil
	}
	return (*Function)(v.data)
}
