package websocket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// noHalfClose is a transport that can only be closed whole.
type noHalfClose struct{ net.Conn }

func TestATransportWithoutHalfCloseIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		told := &recorder{}
		c := NewDriver(noHalfClose{a}, protocol.Server, nil, Options{KeepAlive: -1})
		c.Start(told)
		_, _ = b.Write(closeFrame(1000, ""))
		if f, err := readFrame(b); err != nil || f.String() != "close 1000" {
			t.Errorf("our Close must come first; got %v, %v", f, err)
		}
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("then the end of the transport; got %v", err)
		}
		<-c.Done()
		synctest.Wait()
		wantCalls(t, told, "the end is clean", "closed clean, received 1000, sent 1000, first remote, close")
	})
}

// The alert must leave although the peer's EOF makes the close due at once.
func TestCloseNotifyLeavesBeforeTheClose(t *testing.T) {
	config := serverConfig(t)
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			a, b := memconn.Pipe()
			c := NewDriver(tls.Server(a, config), protocol.Server, nil, Options{KeepAlive: -1})
			c.Start(&recorder{})
			tap := &wiretap{Conn: b}
			client := tls.Client(tap, alertsVisible())
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			_ = client.CloseWrite() // the peer's EOF, without a Close frame
			if n, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || tap.lastRecord() != alertRecord {
				t.Fatalf("the peer must read close_notify before the end of TCP; got %d, %v, a last record of type %d",
					n, err, tap.lastRecord())
			}
			<-c.Done()
			synctest.Wait()
			if !a.Closed() {
				t.Error("behind close_notify the transport must be closed")
			}
			_ = b.Close()
		})
	}
}

// A peer that does not read cannot hold a connection that is cut.
func TestAResetDoesNotWaitForCloseNotify(t *testing.T) {
	config := serverConfig(t)
	config.SessionTicketsDisabled = true // nothing but our bytes waits for the peer
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		told := &recorder{}
		c := NewDriver(tls.Server(a, config), protocol.Server, nil, Options{KeepAlive: -1})
		c.Start(told)
		client := tls.Client(b, clientConfig())
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		b.SetCapacity(30) // room for the Close, not for the alert behind it
		_, _ = client.Write(closeFrame(1000, ""))
		synctest.Wait()
		wantCalls(t, told, "the Close has left", "closed clean, received 1000, sent 1000, first remote, close")
		if a.Closed() || b.FINReceived() {
			t.Error("close_notify must be on its way")
		}
		start := time.Now()
		c.CloseNow()
		synctest.Wait()
		if !a.Closed() || time.Since(start) > 0 {
			t.Errorf("CloseNow must close the transport at once; it took %v", time.Since(start))
		}
		_ = b.Close()
		time.Sleep(time.Minute)
	})
}
