package websocket

import (
	"context"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The application does not read 40 connections. A separate goroutine waits for each of
// them, so the event loops read the others without delay.
func TestConnFullReadAheadDelaysNoOtherConn(t *testing.T) {
	const crowd = 40
	for range crowd {
		near, peer := wiretest.WirePair(t)
		c := NewConn(near, protocol.Server, nil, Options{ReadAhead: 1})
		t.Cleanup(func() { c.CloseNow(); _ = peer.Close() })
		for range 3 {
			if _, err := peer.Write(wiretest.TextFrame("unread")); err != nil {
				t.Fatal(err)
			}
		}
	}
	near, peer := wiretest.WirePair(t)
	d := driver.New(near, protocol.Server, nil, Options{})
	d.Start(echo{})
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	for range 20 {
		if _, err := peer.Write(wiretest.TextFrame("hello")); err != nil {
			t.Fatal(err)
		}
		if f, err := wiretest.ReadFrame(peer); err != nil || string(f.Payload) != "hello" {
			t.Fatalf("the other connection must return its echo; got %v, %v", f, err)
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
	wantFull(t, c)
	for _, text := range want {
		if _, got, err := c.Read(context.Background()); err != nil || string(got) != text {
			t.Fatalf("the next message must be %q; got %q, %v", text, got, err)
		}
	}
}

func TestConnCloseNowWithFullReadAhead(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	c := NewConn(near, protocol.Server, nil, Options{ReadAhead: 1})
	for range 3 {
		if _, err := peer.Write(wiretest.TextFrame("unread")); err != nil {
			t.Fatal(err)
		}
	}
	wantFull(t, c)
	c.CloseNow()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Error("the connection must end although its read-ahead is full")
	}
	_ = peer.Close()
}

// wantFull waits until the read-ahead of a connection is full.
func wantFull(t *testing.T, c *Conn) {
	t.Helper()
	for ends := time.Now().Add(time.Minute); !c.received.isFull(); time.Sleep(time.Millisecond) {
		if time.Now().After(ends) {
			t.Fatal("the read-ahead must become full; it did not")
		}
	}
}
