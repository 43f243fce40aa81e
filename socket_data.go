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
// A pointer, map or slice, alone or within a struct, is the same one for everybody who
// asks for that T, until the value is replaced. What a handler of the connection changes
// through what it has asked for is saved after that handler, before the connection's
// next event; changed at any other time, it has to be set again with [Socket.SetData].
// One T at a time: while a handler has the value, who asks for another T gets a copy of
// what was saved before, and changes of it are lost.
func Data[T any](s *Socket) (T, error) {
	for {
		d := s.data.Load()
		if d == nil {
			return *new(T), nil
		}
		if value, ok := d.value.(T); ok {
			if !s.lend(d) {
				continue // it was replaced meanwhile
			}
			return value, nil
		}
		var value T
		if err := d.decodeInto(&value); err != nil {
			return *new(T), fmt.Errorf("linger: the connection's data is no %T: %w", value, err)
		}
		if any(value) == nil || !s.adopt(d, value) { // nil: a JSON null, for a T that is an interface
			return value, nil
		}
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
	saved  []byte      // the last good state; nil for a string, which is its own
	value  any         // nil if nobody has asked for it
	shared bool        // who has the value can change it in place
	lent   atomic.Bool // and a handler has it; set with the socket's mu held
}

func keep(saved []byte, value any) *data {
	return &data{saved: saved, value: value, shared: shares(reflect.TypeOf(value))}
}

// newData returns nil for nil.
func newData(value any) (*data, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // no data is no error
	}
	saved, err := encodeBounded(value)
	if err != nil {
		return nil, err
	}
	if _, isText := value.(string); isText {
		saved = nil
	}
	d := keep(saved, value)
	d.lent.Store(d.shared) // to the handler that sets it
	return d, nil
}

// shares tells whether two copies of a value have something in common.
func shares(t reflect.Type) bool {
	switch t.Kind() { //nolint:exhaustive // all others are copied
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	case reflect.Array:
		return shares(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if shares(field.Type) {
				return true
			}
		}
	}
	return false
}

// lend notes that a handler has the value, unless it has a copy of its own. It fails
// if another value has taken its place.
func (s *Socket) lend(d *data) bool {
	if !d.shared {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.lent.Store(true)
	return s.data.Load() == d
}

// adopt makes a value of another type, decoded from d, the one that all get, unless a
// handler has the other: its changes are still to be saved.
func (s *Socket) adopt(d *data, value any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.lent.Load() {
		return false
	}
	s.data.CompareAndSwap(d, keep(d.bytes(), value))
	return true
}

// openData begins a handler's hold of the data: whoever had it before is no handler.
func (s *Socket) openData() {
	if d := s.data.Load(); d != nil {
		d.lent.Store(false)
	}
}

// saveData ends a handler's hold of the data: what it has changed in place is saved.
// If that cannot be, the last good state is what the next handler gets.
func (s *Socket) saveData() {
	d := s.data.Load()
	if d == nil || !d.lent.Load() {
		return
	}
	next := d
	saved, err := encodeBounded(d.value)
	switch {
	case err != nil:
		s.server.opts.Logger.Error("data not saved: its last good value stays", "connection", s.id, "error", err)
		next = &data{saved: d.saved}
	case !bytes.Equal(saved, d.saved):
		next = keep(saved, d.value)
	}
	s.mu.Lock()
	d.lent.Store(false) // only now: until it is saved no other type may take its place
	s.data.CompareAndSwap(d, next)
	s.mu.Unlock()
}

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
