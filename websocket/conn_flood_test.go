package websocket

import (
	"bufio"
	"testing"

	"github.com/lingerws/linger/protocol"
)

// The same with a Conn whose read-ahead is full because nobody reads: Close drops
// what is in flight.
func TestAConnNobodyReadsClosesInAFlood(t *testing.T) {
	onEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		near, peer := wirePair(t)
		f := &far{Conn: peer, tcp: peer, role: role}
		c := (*Conn)(nil)
		if opts := (Options{KeepAlive: -1}); secure {
			a, b := tlsPair(t, role, near, peer)
			f.Conn, c = b, NewConn(a, role, nil, opts)
		} else {
			c = NewConn(near, role, nil, opts)
		}
		f.r = bufio.NewReader(f.Conn)
		t.Cleanup(func() { c.driver.CloseNow(); _ = peer.Close() })
		written := make(chan error, 1)
		go func() {
			var err error
			for i := 0; i < 4<<20>>14 && err == nil; i++ {
				_, err = f.Write(f.frame(Binary, make([]byte, 16<<10)))
			}
			written <- err
		}()
		closed := make(chan error, 1)
		go func() { closed <- c.Close(4001, "") }()
		f.wantFrame(t, "close 4001")
		if err := <-written; err != nil {
			t.Fatalf("what is in flight must be taken; got %v", err)
		}
		f.send(t, f.closing(4001))
		if err := <-closed; err != nil {
			t.Errorf("the end must be clean; got %v", err)
		}
		f.end()
		f.wantEOF(t)
		wantGone(t, c.driver)
	})
}
