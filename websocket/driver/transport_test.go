package driver

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// noHalfClose is a transport without CloseWrite.
type noHalfClose struct{ net.Conn }

func TestTransportWithoutCloseWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		handler := &recorder{}
		c := New(noHalfClose{a}, protocol.Server, nil, Options{KeepAlive: -1})
		c.Start(handler)
		_, _ = b.Write(wiretest.CloseFrame(1000, ""))
		if f, err := wiretest.ReadFrame(b); err != nil || f.String() != "close 1000" {
			t.Errorf("our Close must come first; got %v, %v", f, err)
		}
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the end of the transport must follow; got %v", err)
		}
		<-c.Done()
		synctest.Wait()
		wantCalls(t, handler, "the end is clean", "closed clean, received 1000, sent 1000, first remote, close")
	})
}

// The alert must be sent although the transport is closed immediately after the peer's EOF.
func TestTransportTLSCloseNotifyBeforeClose(t *testing.T) {
	config := wiretest.ServerConfig(t)
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			a, b := memconn.Pipe()
			c := New(tls.Server(a, config), protocol.Server, nil, Options{KeepAlive: -1})
			c.Start(&recorder{})
			tap := &wiretest.Wiretap{Conn: b}
			client := tls.Client(tap, wiretest.AlertsVisible())
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			_ = client.CloseWrite() // the peer's EOF, without a Close frame
			if n, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || tap.LastRecord() != wiretest.AlertRecord {
				t.Fatalf("the peer must read close_notify before the end of TCP; got %d, %v, a last record of type %d",
					n, err, tap.LastRecord())
			}
			<-c.Done()
			synctest.Wait()
			if !a.Closed() {
				t.Error("after close_notify the transport must be closed")
			}
			_ = b.Close()
		})
	}
}

// A peer that does not read cannot hold a connection that has ended for longer than the linger time and what crypto/tls
// gives its alert.
func TestTransportTLSPeerDoesNotReadCloseNotify(t *testing.T) {
	config := wiretest.ServerConfig(t)
	config.SessionTicketsDisabled = true // only our bytes are in the transport
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		handler := &recorder{}
		c := New(tls.Server(a, config), protocol.Server, nil, Options{KeepAlive: -1})
		c.Start(handler)
		client := tls.Client(b, wiretest.ClientConfig())
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		b.SetCapacity(30) // enough for the Close, and too little for the alert after it
		_, _ = client.Write(wiretest.CloseFrame(1000, ""))
		synctest.Wait()
		wantCalls(t, handler, "the Close has left", "closed clean, received 1000, sent 1000, first remote, close")
		if a.Closed() || b.FINReceived() {
			t.Error("the transport must not be closed while close_notify is being written")
		}
		c.CloseNow() // has no effect
		time.Sleep(defaultLingerTimeout + 5*time.Second)
		synctest.Wait()
		if !a.Closed() {
			t.Error("the transport must be closed; it is not")
		}
		_ = b.Close()
		time.Sleep(time.Minute)
	})
}

// pieceCounter counts the pieces of messages.
type pieceCounter struct {
	recorder
	pieces chan int // the length of each
}

func (c *pieceCounter) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) { c.pieces <- len(m.Payload) })
}

// A frame that has arrived completely is one piece, so that a proxy sends it as one frame too.
func TestDriverTLSFrameIsOnePiece(t *testing.T) {
	for name, c := range map[string]struct {
		input []byte // in one TLS record
		want  []int
	}{
		"a short message":                    {wiretest.Frame(protocol.Client, protocol.Text, []byte("hello")), []int{5}},
		"one that just fits":                 {wiretest.Frame(protocol.Client, protocol.Text, []byte("full")), []int{4}},
		"an empty one":                       {wiretest.Frame(protocol.Client, protocol.Text, []byte("")), []int{0}},
		"with a length of two bytes":         {wiretest.Frame(protocol.Client, protocol.Text, []byte(strings.Repeat("x", 200))), []int{200}},
		"several":                            {append(wiretest.Frame(protocol.Client, protocol.Text, []byte("hello")), wiretest.Frame(protocol.Client, protocol.Text, []byte("world!"))...), []int{5, 6}},
		"after our Close, in half-open mode": {wiretest.Frame(protocol.Client, protocol.Text, []byte("hello")), []int{5}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := memconn.Pipe()
			near, far := tls.Client(a, wiretest.ClientConfig()), tls.Server(b, wiretest.ServerConfig(t))
			d := New(near, protocol.Client, nil, Options{Pieces: true, HalfOpen: true, OfferHalfClose: strings.HasPrefix(name, "after"), KeepAlive: -1})
			defer d.CloseNow()
			counter := &pieceCounter{pieces: make(chan int, 100)}
			d.Start(counter)
			if strings.HasPrefix(name, "after") {
				_ = d.Close(protocol.CloseNormal, "")
			}
			for range 2 { // the second time the reader has been through a batch
				if _, err := far.Write(c.input); err != nil {
					t.Fatal(err)
				}
				for _, want := range c.want {
					if got := <-counter.pieces; got != want {
						t.Errorf("the piece has %d bytes; got %d", want, got)
					}
				}
			}
		})
	}
}
