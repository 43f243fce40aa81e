package proxy

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// After closeBoth the close timeout applies to both connections, and not the longer half-open timeout.
func TestPipeCloseBothTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toClient, client := memconn.Pipe()
		toBackend, backend := memconn.Pipe()
		opts := Options{}.Connection()
		p := newPipe(driver.New(toClient, protocol.Server, nil, opts), driver.New(toBackend, protocol.Client, nil, opts), Options{})
		p.start()
		began := time.Now()
		p.closeBoth(goingAway)
		p.ended.Wait()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("connections whose peers are silent end after %v, expected 5s", took)
		}
		_ = client.Close()
		_ = backend.Close()
	})
}

// The end of one connection does not give the other, whose peer has not answered the Close, more time.
func TestPipeCloseBothTimeoutAfterOneEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toClient, client := memconn.Pipe()
		toBackend, backend := memconn.Pipe()
		opts := Options{}.Connection()
		p := newPipe(driver.New(toClient, protocol.Server, nil, opts), driver.New(toBackend, protocol.Client, nil, opts), Options{})
		p.start()
		began := time.Now()
		p.closeBoth(goingAway)
		time.Sleep(3 * time.Second)
		backend.Reset()
		p.ended.Wait()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the connection whose peer is silent ends after %v, expected 5s", took)
		}
		_ = client.Close()
	})
}

// A client that was paused because its backend did not read is read again when the backend is lost, so that its answer to the
// Close arrives.
func TestPipeLostResumesPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toClient, client := memconn.Pipe()
		toBackend, backend := memconn.Pipe()
		opts := Options{}.Connection()
		p := newPipe(driver.New(toClient, protocol.Server, nil, opts), driver.New(toBackend, protocol.Client, nil, opts), Options{})
		p.start()
		go func() { // a client that does not stop to send until it has a Close
			h := protocol.Header{Fin: true, Opcode: protocol.Binary, Length: 16 << 10, Masked: true}
			message := append(h.Append(nil), make([]byte, h.Length)...)
			for range 100 {
				_, _ = client.Write(message)
			}
			h = protocol.Header{Fin: true, Opcode: protocol.CloseFrame, Length: 2, Masked: true}
			_, _ = client.Write(append(h.Append(nil), 1014>>8, 1014&0xff))
		}()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		time.Sleep(time.Second)
		if toClient.Unread() == 0 {
			t.Error("the client is read although the backend does not read")
		}
		backend.Reset()
		p.ended.Wait()
		if end := p.ends().Client; !end.Clean || end.Received.Code != protocol.CloseBadGateway {
			t.Errorf("the connection of the client ends as %+v, expected a clean end with its answer", end)
		}
		_ = client.Close()
	})
}
