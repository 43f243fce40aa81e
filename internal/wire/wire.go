// Package wire encodes records as sequences of numbered fields, in the binary format of Protocol Buffers
// (https://protobuf.dev/programming-guides/encoding/), of which it has two types: varints, and bytes with their length.
//
// A record can gain fields: a reader skips those that it does not know, and a field that is missing has the zero value. A number is
// never used again for another meaning.
//
//	b = wire.AppendUint(b, 1, uint64(code))
//	b = wire.AppendString(b, 2, reason)
//
//	for r := wire.NewReader(b); ; {
//		switch field, ok := r.Next(); {
//		case !ok:
//			return r.Err()
//		case field == 1:
//			code = r.Uint()
//		case field == 2:
//			reason = r.String()
//		}
//	}
package wire

import (
	"encoding/binary"
	"errors"
)

// The types of fields.
const (
	varint = 0
	length = 2
)

// MaxField is the highest number of a field.
const MaxField = 1<<29 - 1

// AppendUint appends a field with a number, unless it is 0.
func AppendUint(b []byte, field int, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(appendKey(b, field, varint), v)
}

// AppendInt appends a field with a number that may be negative (sint64), unless it is 0.
func AppendInt(b []byte, field int, v int64) []byte {
	return AppendUint(b, field, uint64(v)<<1^uint64(v>>63)) //nolint:gosec // the bits, in ZigZag order
}

// AppendBool appends a field with a truth value, unless it is false.
func AppendBool(b []byte, field int, v bool) []byte {
	if !v {
		return b
	}
	return AppendUint(b, field, 1)
}

// AppendBytes appends a field with bytes. It appends the field for an empty v too, so that a list of values keeps its length.
func AppendBytes(b []byte, field int, v []byte) []byte {
	return append(binary.AppendUvarint(appendKey(b, field, length), uint64(len(v))), v...)
}

// AppendString is [AppendBytes] for text.
func AppendString(b []byte, field int, v string) []byte {
	return append(binary.AppendUvarint(appendKey(b, field, length), uint64(len(v))), v...)
}

// AppendRecord appends a field with the record that content appends. It is [AppendBytes] without a copy of the record.
func AppendRecord(b []byte, field int, content func(b []byte) []byte) []byte {
	b = appendKey(b, field, length)
	start := len(b)
	b = content(b)
	size := len(b) - start
	var prefix [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(prefix[:], uint64(size))
	b = append(b, prefix[:n]...)
	copy(b[start+n:], b[start:start+size])
	copy(b[start:], prefix[:n])
	return b
}

func appendKey(b []byte, field int, kind uint64) []byte {
	return binary.AppendUvarint(b, uint64(field)<<3|kind) //nolint:gosec // numbers of fields are positive
}

// Reader reads the fields of a record in their order.
type Reader struct {
	rest  []byte
	value uint64 // of a varint
	bytes []byte // of bytes; part of the record
	err   error
}

// ErrFormat is the error of a record that is not one: it was cut, or is of another format.
var ErrFormat = errors.New("wire: the record is malformed")

// NewReader returns a reader of a record, which must not be changed while it is read.
func NewReader(record []byte) *Reader { return &Reader{rest: record} }

// Next goes on to the next field and returns its number. It returns false at the end of the record, and at a field that is
// malformed; [Reader.Err] reports which of them.
func (r *Reader) Next() (field int, ok bool) {
	if r.err != nil || len(r.rest) == 0 {
		return 0, false
	}
	key, ok := r.uvarint()
	if !ok || key>>3 == 0 || key>>3 > MaxField {
		return r.fail()
	}
	r.value, r.bytes = 0, nil
	switch key & 7 {
	case varint:
		if r.value, ok = r.uvarint(); !ok {
			return r.fail()
		}
	case length:
		n, ok := r.uvarint()
		if !ok || n > uint64(len(r.rest)) {
			return r.fail()
		}
		r.bytes, r.rest = r.rest[:n:n], r.rest[n:]
	default:
		return r.fail()
	}
	return int(key >> 3), true //nolint:gosec // at most MaxField
}

func (r *Reader) fail() (int, bool) {
	r.err = ErrFormat
	return 0, false
}

func (r *Reader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return 0, false
	}
	r.rest = r.rest[n:]
	return v, true
}

// Uint returns the number in the current field, 0 if it contains bytes.
func (r *Reader) Uint() uint64 { return r.value }

// Int returns the number in the current field that [AppendInt] has written.
func (r *Reader) Int() int64 { return int64(r.value>>1) ^ -int64(r.value&1) } //nolint:gosec // the bits, from ZigZag order

// Bool returns the truth value in the current field.
func (r *Reader) Bool() bool { return r.value != 0 }

// Bytes returns the bytes in the current field, which are part of the record; nil if it contains a number.
func (r *Reader) Bytes() []byte { return r.bytes }

// String returns the text in the current field.
func (r *Reader) String() string { return string(r.bytes) }

// Err returns [ErrFormat] if Next has found a malformed field, otherwise nil.
func (r *Reader) Err() error { return r.err }
