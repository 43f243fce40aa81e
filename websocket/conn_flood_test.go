package websocket

import (
	"bufio"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// TestConnCloseDuringFlood closes a connection whose peer sends 4 MiB that the application
// does not read. Close drops what is in flight.
func TestConnCloseDuringFlood(t *testing.T) {
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		near, peer := wiretest.WirePair(t)
		f := &wiretest.Far{Conn: peer, TCP: peer, Role: role}
		c := (*Conn)(nil)
		if opts := unbounded(Options{}); secure {
			a, b := wiretest.TLSPair(t, role, near, peer)
			f.Conn, c = b, NewConn(a, role, nil, opts)
		} else {
			c = NewConn(near, role, nil, opts)
		}
		f.R = bufio.NewReader(f.Conn)
		t.Cleanup(func() { c.driver.CloseNow(); _ = peer.Close() })
		written := make(chan error, 1)
		go func() {
			var err error
			for i := 0; i < 4<<20>>14 && err == nil; i++ {
				_, err = f.Write(f.Frame(Binary, make([]byte, 16<<10)))
			}
			written <- err
		}()
		closed := make(chan error, 1)
		go func() { closed <- c.Close(4001, "") }()
		f.WantFrame(t, "close 4001")
		if err := <-written; err != nil {
			t.Fatalf("what is in flight must be read and dropped; writing it failed with %v", err)
		}
		f.Send(t, f.Closing(4001))
		if err := <-closed; err != nil {
			t.Errorf("the end must be clean; got %v", err)
		}
		f.End()
		f.WantEOF(t)
		wantDone(t, c.driver)
	})
}
