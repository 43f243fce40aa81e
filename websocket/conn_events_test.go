package websocket

import (
	"context"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// A connection that nobody reads is waited for by a goroutine of its own, not by who
// reads for others: those have no peer whose turn takes a millisecond.
func TestConnFullReadAheadDelaysNoOtherConn(t *testing.T) {
	const crowd = 40
	for range crowd {
		near, peer := wiretest.WirePair(t)
		c := NewConn(near, protocol.Server, nil, Options{ReadAhead: 1})
		t.Cleanup(func() { c.CloseNow(); _ = peer.Close() })
		for range 3 {
			if _, err := peer.Write(wiretest.TextFrame("nobody reads this")); err != nil {
				t.Fatal(err)
			}
		}
	}
	near, peer := wiretest.WirePair(t)
	d := driver.New(near, protocol.Server, nil, Options{})
	d.Start(echo{})
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	for range 20 {
		if _, err := peer.Write(wiretest.TextFrame("beside them")); err != nil {
			t.Fatal(err)
		}
		if f, err := wiretest.ReadFrame(peer); err != nil || string(f.Payload) != "beside them" {
			t.Fatalf("the echo comes back; got %v, %v", f, err)
		}
	}
}

func TestConnReadResumesFullReadAhead(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	c := NewConn(near, protocol.Server, nil, Options{ReadAhead: 1})
	t.Cleanup(func() { c.CloseNow(); _ = peer.Close() })
	want := []string{"one", "two", "three", "four"}
	for _, text := range want {
		if _, err := peer.Write(wiretest.TextFrame(text)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(10 * time.Millisecond) // it is full
	for _, text := range want {
		if _, got, err := c.Read(context.Background()); err != nil || string(got) != text {
			t.Fatalf("the next message is %q; got %q, %v", text, got, err)
		}
	}
}

func TestConnCloseNowWithFullReadAhead(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	c := NewConn(near, protocol.Server, nil, Options{ReadAhead: 1})
	for range 3 {
		if _, err := peer.Write(wiretest.TextFrame("nobody reads this")); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(10 * time.Millisecond) // it is full
	c.CloseNow()
	select {
	case <-c.Done():
	case <-time.After(10 * time.Second):
		t.Error("it ends although it is full")
	}
	_ = peer.Close()
}
