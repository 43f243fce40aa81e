//go:build linux

package handover

import (
	"bytes"
	"reflect"
	"testing"
)

// messages has one message of each kind that has fields.
var messages = []*message{
	{kind: kindHello, hello: Greeting{Version: "v1", OldestState: 1, NewestState: 2, pid: 77}},
	{kind: kindWelcome, terms: Terms{Version: "v2", State: 1, Check: true}},
	{kind: kindReady},
	{kind: kindAbort, text: "no"},
	{kind: kindState, state: []byte("state")},
	{kind: kindListener, id: ":80"},
	{kind: kindAnnounce, id: "a", gone: true},
	{kind: kindMoved, id: "a", state: bytes.Repeat([]byte("x"), 300)},
	{kind: kindCommitted, round: 300},
	{kind: kindOp, op: Op{ID: "a", Channel: "c", Kind: 300, Body: []byte("b"), Except: []string{"", "d"}}},
	{kind: kindBye},
}

// TestMessages checks that each message is read as it was written, also if its bytes arrive one by one.
func TestMessages(t *testing.T) {
	var b []byte
	for _, m := range messages {
		b = appendMessage(b, m)
	}
	var r reader
	var got []message
	for i := range b {
		r.in = append(r.in, b[i])
		m, n, err := r.parse()
		if err != nil {
			t.Fatal(err)
		}
		if m != nil {
			got, r.in = append(got, *m), r.in[n:]
		}
	}
	if len(got) != len(messages) || len(r.in) > 0 {
		t.Fatalf("%d messages were read, expected %d; %d bytes are left", len(got), len(messages), len(r.in))
	}
	for i, m := range messages {
		want := *m
		want.file = -1
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("message %d is read as %+v, expected %+v", i, got[i], want)
		}
		if body := len(m.appendBody(nil)); body > m.size() {
			t.Errorf("the size of message %d is %d, expected at most %d", i, body, m.size())
		}
	}
}

// FuzzReader checks that any bytes are messages or an error, and that messages are the same after they were written again.
func FuzzReader(f *testing.F) {
	for _, m := range messages {
		f.Add(appendMessage(nil, m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := reader{in: b}
		m, n, err := r.parse()
		if m == nil || err != nil {
			return
		}
		if n > len(b) {
			t.Fatalf("a message of %d bytes is read from %d", n, len(b))
		}
		again := reader{in: appendMessage(nil, m)}
		m2, _, err := again.parse()
		if err != nil || !reflect.DeepEqual(m, m2) {
			t.Errorf("%x is read as %+v, and after it was written again as %+v with error %v", b, m, m2, err)
		}
	})
}
