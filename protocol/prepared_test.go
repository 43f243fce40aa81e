package protocol

import (
	"bytes"
	"errors"
	"testing"
)

func TestMachineSendPrepared(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		for _, length := range []int{0, 1, 125, 126, 65535, 65536} {
			payload := bytes.Repeat([]byte("x"), length)
			p, err := Prepare(Text, payload)
			if err != nil {
				t.Fatal(err)
			}
			prepared, sent := newPlayer(Config{}, role).m, newPlayer(Config{}, role).m
			if err := errors.Join(prepared.SendPrepared(p), sent.Send(Text, payload)); err != nil {
				t.Fatal(err)
			}
			got, want := prepared.Output(nil), sent.Output(nil)
			if !bytes.Equal(got, want) {
				t.Errorf("SendPrepared and Send of a %s frame %d bytes differently", role, length)
			}
			if role == Server && p.Len() != len(want) {
				t.Errorf("Len of a prepared message of %d bytes is %d, expected %d", length, p.Len(), len(want))
			}
		}
	}
}

func TestPrepareCopiesPayload(t *testing.T) {
	payload := []byte("before")
	p, err := Prepare(Binary, payload)
	if err != nil {
		t.Fatal(err)
	}
	copy(payload, "after!")
	if string(p.payload()) != "before" {
		t.Errorf("changing the slice passed to Prepare changes the message to %q", p.payload())
	}
}

// A prepared message is sent on many connections, so a client must not mask it in place.
func TestMachineSendPreparedMask(t *testing.T) {
	p, err := Prepare(Text, []byte("for all"))
	if err != nil {
		t.Fatal(err)
	}
	if err := newPlayer(Config{}, Client).m.SendPrepared(p); err != nil {
		t.Fatal(err)
	}
	if string(p.payload()) != "for all" {
		t.Errorf("SendPrepared of a client changes the message to %q", p.payload())
	}
}

func TestPrepareErrors(t *testing.T) {
	for _, c := range []struct {
		op      Opcode
		payload string
		want    error
	}{
		{Continuation, "x", ErrOpcode}, {Ping, "x", ErrOpcode}, {CloseFrame, "x", ErrOpcode},
		{Text, "\xff", ErrText}, {Text, "ok", nil}, {Binary, "\xff", nil},
	} {
		if _, err := Prepare(c.op, []byte(c.payload)); !errors.Is(err, c.want) {
			t.Errorf("Prepare of %s %q returns %v, expected %v", c.op, c.payload, err, c.want)
		}
	}
}

func TestMachineSendPreparedErrors(t *testing.T) {
	p, err := Prepare(Text, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	m := New(Config{})
	if err := m.SendFragment(Text, nil, false); err != nil {
		t.Fatal(err)
	}
	queued := m.Queued()
	if err := m.SendPrepared(p); !errors.Is(err, ErrOpcode) {
		t.Errorf("SendPrepared inside a fragmented message returns %v, expected %v", err, ErrOpcode)
	}
	if err := m.Close(CloseNormal, ""); err != nil {
		t.Fatal(err)
	}
	if err := m.SendPrepared(p); !errors.Is(err, ErrClosing) {
		t.Errorf("SendPrepared after Close returns %v, expected %v", err, ErrClosing)
	}
	if m.Queued() != queued {
		t.Error("a refused message is queued")
	}
}
