package linger

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
)

// Data returns the application's value for a connection, as a T: the zero T if
// there is none. It survives a change of the handler, whose T may be another one:
// then it is decoded anew, and the error tells why that cannot be done.
//
// A pointer, map or slice is the same one for everybody who asks, until the value
// is replaced. What a handler changes through it is saved after that handler, before
// the next event of the connection; changed at any other time, it has to be set
// again with [Socket.SetData].
func Data[T any](s *Socket) (T, error) {
	for {
		d := s.data.Load()
		if d == nil {
			return *new(T), nil
		}
		if value, ok := d.value.(T); ok {
			d.lend()
			return value, nil
		}
		var value T
		if err := d.decodeInto(&value); err != nil {
			return *new(T), fmt.Errorf("linger: the connection's data is no %T: %w", value, err)
		}
		if any(value) == nil { // a JSON null, for a T that is an interface
			return value, nil
		}
		s.data.CompareAndSwap(d, &data{saved: d.saved, value: value})
	}
}

// SetData replaces the application's value for the connection; nil removes it. A
// value is saved as what its encoding.BinaryMarshaler or encoding.TextMarshaler
// gives, as it is if it is a string or []byte, and as JSON otherwise. The error is
// [ErrDataSize], or tells why it cannot be encoded; then the last value stays.
func (s *Socket) SetData(value any) error {
	d, err := newData(value)
	if err == nil {
		s.data.Store(d)
	}
	return err
}

// data is the value of a connection, as bytes that need no code, and as the
// application knows it.
type data struct {
	saved []byte      // the last good state; nil for a string, which is its own
	value any         // nil if nobody has asked for it
	lent  atomic.Bool // a handler may have changed it in place
}

// maxData bounds what is saved of a connection's data, in bytes.
const maxData = 64 << 10

// newData returns nil for nil.
func newData(value any) (*data, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // no data is no error
	}
	saved, err := encodeBounded(value)
	if err != nil {
		return nil, err
	}
	d := &data{value: value}
	if _, isText := value.(string); !isText {
		d.saved = saved
	}
	d.lend()
	return d, nil
}

// lend notes that a handler has the value, unless it has a copy of its own.
func (d *data) lend() {
	switch reflect.ValueOf(d.value).Kind() { //nolint:exhaustive // all others are copied
	case reflect.Pointer, reflect.Map, reflect.Slice:
		d.lent.Store(true)
	}
}

// saveData ends a handler's hold of the data: what it has changed in place is saved.
// If that cannot be, the last good state is what the next handler gets.
func (s *Socket) saveData() {
	d := s.data.Load()
	if d == nil || !d.lent.Swap(false) {
		return
	}
	saved, err := encodeBounded(d.value)
	switch {
	case err != nil:
		s.server.opts.Logger.Error("data not saved: its last good value stays", "socket", s.id, "error", err)
		s.data.CompareAndSwap(d, &data{saved: d.saved})
	case !bytes.Equal(saved, d.saved):
		s.data.CompareAndSwap(d, &data{saved: saved, value: d.value}) // unless it was replaced meanwhile
	}
}

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

func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return bytes.Clone(v), nil
	case encoding.BinaryMarshaler:
		return v.MarshalBinary()
	case encoding.TextMarshaler:
		return v.MarshalText()
	}
	if hidesAll(reflect.TypeOf(value)) {
		return nil, errHidden
	}
	return json.Marshal(value)
}

// decodeInto is the inverse of encode; value points to what may be of another type.
func (d *data) decodeInto(value any) error {
	saved := d.saved
	if text, isText := d.value.(string); isText {
		saved = []byte(text)
	}
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
