package driver

import (
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
)

// A transport that is not a socket reports its progress when a write returns: the queue has
// what was sent without the completed writes.
func TestDriverQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 500
		s := newStreamStage(t, protocol.Server, Options{KeepAlive: -1})
		s.passive = true
		s.peer.SetCapacity(room)
		s.start()
		s.play("app binary 70000")
		s.play("app text hello")
		const first = 10 + 70000
		const sent = first + 2 + 5
		writes := []int{writePiece, 2 * writePiece, 3 * writePiece, 4 * writePiece, first, sent} // their ends
		read := 0
		for _, step := range []int{0, 15883, 1, 1, 33000, 20624, 1, 1, 5, 1} {
			s.play("peer reads " + strconv.Itoa(step))
			read += step
			written := 0
			for _, end := range writes {
				if end <= read+room {
					written = end
				}
			}
			if queued := s.conn.Queued(); queued != sent-written {
				t.Errorf("of %d bytes %d are in completed writes, so %d must be queued; got %d", sent, written, sent-written, queued)
			}
		}
		if queued := s.conn.Queued(); queued != 0 {
			t.Errorf("the queue must be empty when everything has been written; got %d", queued)
		}
	})
}
