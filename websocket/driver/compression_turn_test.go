package driver_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/driver"
)

// newCompressedClient returns a client of a server that echoes messages, both with compression if compress is set.
func newCompressedClient(t *testing.T, compress bool) *websocket.Conn {
	t.Helper()
	var opts websocket.Options
	if compress {
		opts.Compression = &websocket.CompressionOptions{}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Options: opts})
		for err == nil {
			var op websocket.MessageType
			var message []byte
			if op, message, err = c.Read(context.Background()); err == nil {
				err = c.Write(context.Background(), op, message)
			}
		}
	}))
	t.Cleanup(s.Close)
	c, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), &websocket.DialOptions{Options: opts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseNow)
	return c
}

func TestDriverSendCompressesWithoutLock(t *testing.T) {
	c := newCompressedClient(t, true)
	message := bytes.Repeat([]byte("again "), 1000)
	for range cap(driver.Compressing) {
		driver.Compressing <- struct{}{}
	}
	var returnTurns sync.Once
	back := func() {
		returnTurns.Do(func() {
			for range cap(driver.Compressing) {
				<-driver.Compressing
			}
		})
	}
	defer back()
	sent := make(chan error, 1)
	go func() { sent <- c.Write(t.Context(), websocket.Binary, message) }()
	select {
	case err := <-sent:
		t.Fatalf("without a free turn Write must wait; got %v", err)
	case <-time.After(20 * time.Millisecond): // a Write that does not wait mostly returns within this time
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Ping(ctx); err != nil {
		t.Errorf("while a message waits for its turn to compress, pings must be sent and pongs received; got %v", err)
	}
	back()
	if err := <-sent; err != nil {
		t.Errorf("the message must be sent when a turn is free; got %v", err)
	}
	if _, got, err := c.Read(ctx); err != nil || !bytes.Equal(got, message) {
		t.Errorf("the message must come back; got %d bytes and %v", len(got), err)
	}
	// The echo may arrive before its sender has released its turn.
	for deadline := time.Now().Add(30 * time.Second); len(driver.Compressing) != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("each turn must be released; %d are not", len(driver.Compressing))
		}
	}
}

func TestDriverSendWithoutCompression(t *testing.T) {
	c := newCompressedClient(t, false)
	for range cap(driver.Compressing) {
		driver.Compressing <- struct{}{}
		defer func() { <-driver.Compressing }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Write(ctx, websocket.Text, []byte("plain")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "plain" {
		t.Errorf("the message must come back; got %q, %v", got, err)
	}
}
