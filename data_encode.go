package linger

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// maxData bounds what is saved of a connection's data, in bytes.
const maxData = 64 << 10

// encodeBounded returns what is saved of a value. A marshaler that panics has failed.
func encodeBounded(value any) (saved []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("linger: data of type %T cannot be saved: panic: %v", value, reason)
		}
	}()
	saved, err = encode(value)
	if err != nil {
		return nil, fmt.Errorf("linger: data of type %T cannot be saved: %w", value, err)
	}
	if len(saved) > maxData {
		return nil, ErrDataSize
	}
	return saved, nil
}

// encode returns bytes that are no part of the value.
func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return bytes.Clone(v), nil
	case encoding.BinaryMarshaler:
		saved, err := v.MarshalBinary()
		return bytes.Clone(saved), err // it may be the value's own memory
	case encoding.TextMarshaler:
		saved, err := v.MarshalText()
		return bytes.Clone(saved), err
	}
	if hidesAll(reflect.TypeOf(value)) {
		return nil, errHidden
	}
	return json.Marshal(value)
}

// bytes returns what is saved, to be read only.
func (d *data) bytes() []byte {
	if text, isText := d.value.(string); isText {
		return []byte(text)
	}
	return d.saved
}

// decodeInto is the inverse of encode; value points to what may be of another type.
func (d *data) decodeInto(value any) error {
	saved := d.bytes()
	switch v := value.(type) {
	case *string:
		*v = string(saved)
		return nil
	case *[]byte:
		*v = bytes.Clone(saved)
		return nil
	case encoding.BinaryUnmarshaler:
		return v.UnmarshalBinary(saved)
	case encoding.TextUnmarshaler:
		return v.UnmarshalText(saved)
	}
	if pointed, ok := unmarshalerBelow(value); ok {
		return pointed(saved)
	}
	return json.Unmarshal(saved, value)
}

// unmarshalerBelow finds how to decode where T itself is a pointer: it makes what T
// points to.
func unmarshalerBelow(value any) (func([]byte) error, bool) {
	target := reflect.ValueOf(value).Elem()
	if target.Kind() != reflect.Pointer {
		return nil, false
	}
	made := reflect.New(target.Type().Elem())
	switch v := made.Interface().(type) {
	case encoding.BinaryUnmarshaler:
		target.Set(made)
		return v.UnmarshalBinary, true
	case encoding.TextUnmarshaler:
		target.Set(made)
		return v.UnmarshalText, true
	}
	return nil, false
}

// hidesAll tells whether JSON would see nothing of a type, and lose it silently.
func hidesAll(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.Implements(jsonMarshaler) || reflect.PointerTo(t).Implements(jsonMarshaler) {
		return false
	}
	for field := range t.Fields() {
		if field.IsExported() || field.Anonymous {
			return false
		}
	}
	return t.NumField() > 0
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	errHidden     = errors.New("it has no exported field; export what is to be kept, or give it a MarshalBinary or MarshalText method")
)
