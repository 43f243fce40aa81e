package engine

import (
	"fmt"
	"math"
	"strconv"
	"unsafe"
)

// Kind is the type of a Value.
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
	KindBigInt
	KindBuffer // only from Go to JavaScript
)

// String returns the name of the kind, which is that of JavaScript where it has one.
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
	case KindBigInt:
		return "bigint"
	case KindBuffer:
		return "buffer"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is a JavaScript value as plain Go data. The zero Value is undefined.
//
// An accessor for another kind returns the zero value of its type, so that host functions can read arguments without
// checking their kinds.
type Value struct {
	_    [0]func() // makes Values incomparable: equal strings may have different pointers
	kind Kind
	bits uint64         // the number or boolean, or the length of data
	data unsafe.Pointer // the string, the bytes, the list, or the *Function
}

// Undefined returns the value undefined.
func Undefined() Value { return Value{} }

// Null returns the value null.
func Null() Value { return Value{kind: KindNull} }

// Bool returns a boolean.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.bits = 1
	}
	return v
}

// Number returns a number.
func Number(f float64) Value { return Value{kind: KindNumber, bits: math.Float64bits(f)} }

// Int returns a number. Beyond 2^53 it loses precision.
func Int(n int) Value { return Number(float64(n)) }

// String returns a string. In JavaScript each byte that is not UTF-8 becomes U+FFFD.
func String(s string) Value {
	return Value{kind: KindString, bits: uint64(len(s)), data: unsafe.Pointer(unsafe.StringData(s))}
}

// Text returns the string whose UTF-8 is b. It does not copy b, which must not be changed while the value is in use.
func Text(b []byte) Value {
	return Value{kind: KindString, bits: uint64(len(b)), data: unsafe.Pointer(unsafe.SliceData(b))}
}

// Bytes returns a value that becomes an ArrayBuffer. b is copied when the value is passed to the engine.
func Bytes(b []byte) Value {
	return Value{kind: KindBytes, bits: uint64(len(b)), data: unsafe.Pointer(unsafe.SliceData(b))}
}

// List returns a value that becomes an array. It does not copy values.
func List(values ...Value) Value {
	return Value{kind: KindList, bits: uint64(len(values)), data: unsafe.Pointer(unsafe.SliceData(values))}
}

// Kind returns the kind of v.
func (v Value) Kind() Kind { return v.kind }

// Bool returns a boolean, and false for every other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.bits != 0 }

// Float returns a number, and 0 for every other kind.
func (v Value) Float() float64 {
	if v.kind != KindNumber {
		return 0
	}
	return math.Float64frombits(v.bits)
}

// Int returns a number, truncated towards zero and clamped to the range of int. It returns 0 for NaN and for every other
// kind.
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

// String returns the text of a string, and a readable form of every other kind.
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
	case KindBigInt:
		return strconv.FormatInt(v.BigInt(), 10)
	case KindUndefined, KindNull, KindFunction, KindBuffer:
		return v.kind.String()
	}
	return v.kind.String()
}

// Bytes returns the bytes, and nil for every other kind. For a value from JavaScript they are a copy, which the caller owns.
func (v Value) Bytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return unsafe.Slice((*byte)(v.data), int(v.bits))
}

// Content returns the bytes of a string or of bytes, and nil for every other kind. It does not copy them; those of a
// string must not be changed.
func (v Value) Content() []byte {
	switch {
	case v.kind != KindString && v.kind != KindBytes:
		return nil
	case v.bits == 0:
		return []byte{} // nil is the result for other kinds
	}
	return unsafe.Slice((*byte)(v.data), int(v.bits))
}

// List returns the elements of an array, and nil for every other kind.
func (v Value) List() []Value {
	if v.kind != KindList {
		return nil
	}
	return unsafe.Slice((*Value)(v.data), int(v.bits))
}

// BigInt returns a BigInt.
func BigInt(n int64) Value { return Value{kind: KindBigInt, bits: uint64(n)} }

// BigInt returns the BigInt, and 0 for every other kind.
func (v Value) BigInt() int64 {
	if v.kind != KindBigInt {
		return 0
	}
	return int64(v.bits)
}

// Function returns the function, and nil for every other kind.
func (v Value) Function() *Function {
	if v.kind != KindFunction {
		return nil
	}
	return (*Function)(v.data)
}
