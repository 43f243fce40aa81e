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

// Data returns the application's value for a connection as a T; without a value it returns the zero T. The value survives a reload,
// after which T may be another type: then the saved value is decoded, and the error reports why that is not possible.
//
// A pointer, map or slice, alone or within a struct, is the same one for every caller that asks for that T, until the value is
// replaced. Changes that a handler of the connection makes through it are saved after that handler, before the connection's next
// event. A change at any other time has to be followed by [Socket.SetData]. While a handler holds the value as one type, asking
// for another type returns a copy of what was last saved; changes of that copy are lost.
func Data[T any](s *Socket) (T, error) {
	for {
		d := s.data.Load()
		if d == nil {
			return *new(T), nil
		}
		if value, ok := d.value.(T); ok {
			if !s.holdData(d) {
				continue // has been replaced
			}
			return value, nil
		}
		var value T
		if err := d.decodeInto(&value); err != nil {
			return *new(T), fmt.Errorf("linger: the connection's data cannot be read as %T: %w", value, err)
		}
		if any(value) == nil || !s.adoptData(d, value) { // nil is a JSON null, for a T that is an interface
			return value, nil
		}
	}
}

// SetData replaces the application's value for the connection; nil removes it. A value is saved as the result of its
// encoding.BinaryMarshaler or encoding.TextMarshaler, a string or []byte as it is, and any other value as JSON. The error is
// [ErrDataSize], or reports why the value cannot be encoded; then the last value stays.
func (s *Socket) SetData(value any) error {
	d, err := newData(value)
	if err == nil {
		s.data.Store(d)
		s.forward(setDataOp(d))
	}
	return err
}

// data is the value of a connection: as bytes, which need no code, and as the application's value.
type data struct {
	saved  []byte      // last encoded state; nil for a string, which is its own encoding
	value  any         // nil until it is decoded
	shared bool        // its holder can change value in place
	held   atomic.Bool // a handler holds value and may have changed it; set under the socket's mu
}

func newSavedData(saved []byte, value any) *data {
	return &data{saved: saved, value: value, shared: isShared(reflect.TypeOf(value))}
}

// newData returns nil for nil.
func newData(value any) (*data, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // having no data is not an error
	}
	saved, err := encodeBounded(value)
	if err != nil {
		return nil, err
	}
	if _, isText := value.(string); isText {
		saved = nil
	}
	d := newSavedData(saved, value)
	d.held.Store(d.shared) // by the handler that sets it
	return d, nil
}

// isShared reports whether copies of a value of this type may share memory.
func isShared(t reflect.Type) bool {
	switch t.Kind() { //nolint:exhaustive // values of all other kinds are copied
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	case reflect.Array:
		return isShared(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if isShared(field.Type) {
				return true
			}
		}
	}
	return false
}

// holdData records that a handler holds the value, unless it has a copy. It reports false if the value has been replaced.
func (s *Socket) holdData(d *data) bool {
	if !d.shared {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.held.Store(true)
	return s.data.Load() == d
}

// adoptData makes a value of another type, decoded from d, the one that all callers get. It reports false if a handler holds the
// value of the first type, whose changes have not been saved.
func (s *Socket) adoptData(d *data, value any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.held.Load() {
		return false
	}
	s.data.CompareAndSwap(d, newSavedData(d.bytes(), value))
	return true
}

// openData is called before a handler. Code that holds the value by then is not a handler, so its changes are not saved.
func (s *Socket) openData() {
	if d := s.data.Load(); d != nil {
		d.held.Store(false)
	}
}

// saveData is called after a handler, and saves what it has changed in place. If that cannot be encoded the next handler gets the
// last saved state.
func (s *Socket) saveData() {
	d := s.data.Load()
	if d == nil || !d.held.Load() {
		return
	}
	next := d
	saved, err := encodeBounded(d.value)
	switch {
	case err != nil:
		s.server.options().Logger.Error("data not saved: its last good value stays", "connection", s.id, "error", err)
		next = &data{saved: d.saved}
	case !bytes.Equal(saved, d.saved):
		next = newSavedData(saved, d.value)
	}
	s.mu.Lock()
	d.held.Store(false) // not before mu is locked, so that no other type is adopted before the value is saved
	s.data.CompareAndSwap(d, next)
	s.mu.Unlock()
}

// maxData bounds the saved data of a connection, in bytes.
const maxData = 64 << 10

// encodeBounded encodes a value. A panic of its marshaler is an error.
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

// encode encodes a value. The result shares no memory with it.
func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return bytes.Clone(v), nil
	case encoding.BinaryMarshaler:
		saved, err := v.MarshalBinary()
		return bytes.Clone(saved), err // may be part of the value
	case encoding.TextMarshaler:
		saved, err := v.MarshalText()
		return bytes.Clone(saved), err
	}
	if hidesAll(reflect.TypeOf(value)) {
		return nil, errHidden
	}
	return json.Marshal(value)
}

// bytes returns the saved state, which must not be changed.
func (d *data) bytes() []byte {
	if text, isText := d.value.(string); isText {
		return []byte(text)
	}
	return d.saved
}

// decodeInto is the inverse of encode. value is a pointer, also to a type that differs from the encoded one.
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

// unmarshalerBelow returns how to decode into a T that is itself a pointer, and lets it point to a new value.
func unmarshalerBelow(value any) (func([]byte) error, bool) {
	target := reflect.ValueOf(value).Elem()
	if target.Kind() != reflect.Pointer {
		return nil, false
	}
	pointed := reflect.New(target.Type().Elem())
	switch v := pointed.Interface().(type) {
	case encoding.BinaryUnmarshaler:
		target.Set(pointed)
		return v.UnmarshalBinary, true
	case encoding.TextUnmarshaler:
		target.Set(pointed)
		return v.UnmarshalText, true
	}
	return nil, false
}

// hidesAll reports whether JSON would encode none of the fields of a type, and so lose its values without an error.
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
	errHidden     = errors.New("it has no exported field; export the fields to be saved, or give it a MarshalBinary or MarshalText method")
)
