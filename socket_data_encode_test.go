package linger_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

// ledger is a BinaryMarshaler that returns its own memory.
type ledger struct{ entries []byte }

func (l *ledger) MarshalBinary() ([]byte, error) {
	if len(l.entries) > 0 && l.entries[0] == 'X' {
		return nil, errors.New("spoilt")
	}
	return l.entries, nil
}

func (l *ledger) UnmarshalBinary(b []byte) error {
	l.entries = append([]byte(nil), b...)
	return nil
}

func TestDataBinaryMarshaler(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		if l, err := linger.Data[*ledger](m.Socket); err != nil || m.String() == "spoil" {
			l.entries[0] = 'X'
		}
	}}
	withSocket(t, linger.AcceptOptions{Data: &ledger{[]byte("good")}}, app, func(_ *service, c *client, socket *linger.Socket, log *strings.Builder) {
		c.text("look")
		c.text("spoil")
		synctest.Wait()
		if l, err := linger.Data[*ledger](socket); err != nil || string(l.entries) != "good" {
			t.Errorf("the saved state shares no memory with the value; it is %v, %v", l, err)
		}
		if !strings.Contains(log.String(), "spoilt") {
			t.Errorf("what could not be saved is logged; got %q", log)
		}
	})
}

func TestDataReadAsAnotherType(t *testing.T) {
	withSocket(t, linger.AcceptOptions{Data: `{"Name":"ann"}`}, linger.HandlerFuncs{}, func(_ *service, _ *client, socket *linger.Socket, _ *strings.Builder) {
		if v, err := linger.Data[member](socket); v.Name != "ann" || err != nil {
			t.Errorf("text that is JSON can be read as what it describes; got %v, %v", v, err)
		}
		if v, err := linger.Data[[]byte](socket); string(v) != `{"Name":"ann"}` || err != nil {
			t.Errorf("and is still there; got %q, %v", v, err)
		}
		if v, err := linger.Data[string](socket); v != `{"Name":"ann"}` || err != nil {
			t.Errorf("and is still there; got %q, %v", v, err)
		}
	})
}

var errBroken = errors.New("broken")

// void encodes as JSON null, or cannot be encoded if it is broken.
type void struct{ broken bool }

func (v *void) MarshalJSON() ([]byte, error) {
	if v.broken {
		return nil, errBroken
	}
	return []byte("null"), nil
}

func TestDataNull(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[*void](m.Socket)
		v.broken = true
	}}
	withSocket(t, linger.AcceptOptions{Data: &void{}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("break")
		synctest.Wait()
		if v, err := linger.Data[any](socket); v != nil || err != nil {
			t.Errorf("JSON null, read as any, is nil; got %v, %v", v, err)
		}
	})
}

// nickname is a defined type of string.
type nickname string

// hidden has no field that JSON encodes.
type hidden struct{ secret int }

func TestSocketSetDataEncodings(t *testing.T) {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	binary, _ := day.MarshalBinary()
	var null *member
	withSocket(t, linger.AcceptOptions{}, linger.HandlerFuncs{}, func(_ *service, _ *client, socket *linger.Socket, _ *strings.Builder) {
		for _, c := range []struct {
			value any
			saved string
		}{
			{"text", "text"},
			{"", ""},
			{[]byte("bytes"), "bytes"},
			{nickname("ann"), `"ann"`},
			{42, "42"},
			{[2]bool{true}, "[true,false]"},
			{[]int{1, 2}, "[1,2]"},
			{map[string]int{"b": 2, "a": 1}, `{"a":1,"b":2}`},
			{member{"ann", 3}, `{"Name":"ann","Score":3}`},
			{&member{"ann", 3}, `{"Name":"ann","Score":3}`},
			{null, "null"},
			{json.RawMessage(`{"as": "it is"}`), `{"as":"it is"}`},
			{stamp{"now"}, "stamp now"},
			{day, string(binary)}, // also a TextMarshaler: binary goes first
			{struct{}{}, "{}"},    // nothing is lost
		} {
			if err := socket.SetData(c.value); err != nil {
				t.Errorf("%#v can be saved; got %v", c.value, err)
			}
			if got, _ := linger.Data[string](socket); got != c.saved {
				t.Errorf("%#v is saved as %q; got %q", c.value, c.saved, got)
			}
		}
		_ = socket.SetData(day)
		_, _ = linger.Data[string](socket)
		if got, err := linger.Data[time.Time](socket); !got.Equal(day) || err != nil {
			t.Errorf("what decodes itself is what it was; got %v, %v", got, err)
		}
		if got, err := linger.Data[*time.Time](socket); got == nil || !got.Equal(day) || err != nil {
			t.Errorf("so is a pointer to it; got %v, %v", got, err)
		}
	})
}

func TestSocketSetDataWithoutExportedFields(t *testing.T) {
	withSocket(t, linger.AcceptOptions{}, linger.HandlerFuncs{}, func(_ *service, _ *client, socket *linger.Socket, _ *strings.Builder) {
		for _, value := range []any{hidden{1}, &hidden{1}, func() {}, make(chan int), map[bool]chan int{true: nil}, (*stamp)(nil), &void{true}} {
			err := socket.SetData(value)
			if err == nil || !strings.Contains(err.Error(), reflect.TypeOf(value).String()) {
				t.Errorf("a %T is refused by name; got %v", value, err)
			}
		}
		wantError(t, "the error of the type's own marshaler is returned", socket.SetData(&void{true}), errBroken)
		if v, err := linger.Data[string](socket); v != "" || err != nil {
			t.Errorf("nothing has changed; got %q, %v", v, err)
		}
	})
}
