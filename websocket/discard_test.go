package websocket

import (
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
)

// What the transport has, or is being given, is finished to the end of its frame; all
// that waits behind it is dropped.
func TestADiscardingCloseOvertakesTheBacklog(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for name, first := range map[string]string{"open": "", "after a Close": "app close 4000 first"} {
			t.Run(role.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t, role, Options{KeepAlive: -1, WriteTimeout: -1})
					s.deaf = true
					s.peer.SetCapacity(500)
					s.start()
					for range 1000 {
						s.input("app binary 1000")
					}
					synctest.Wait()
					want := `> close 4001 "overtakes"`
					if first != "" {
						s.input(first)
						want = `> close 4000 "first"`
					}
					s.input("app discard")
					if queued := s.conn.Queued(); queued > writePiece+1100 {
						t.Errorf("only what the transport is being given may be left to write; %d bytes are", queued)
					}
					go s.listen()
					got := s.play("wait 1ms")
					if len(got) == 0 || len(got) > 20 || got[len(got)-1] != want {
						t.Errorf("whole frames of the backlog and then %s must arrive; got %d: %q", want, len(got), got[max(0, len(got)-2):])
					}
				})
			})
		}
	}
}

func TestQueuedIsTrueToTheByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.deaf = true
		s.peer.SetCapacity(500)
		s.start()
		s.play("app binary 70000")
		s.play("app text hello")
		sent := 10 + 70000 + 2 + 5
		for _, read := range []string{"peer reads 1", "peer reads 40000", "peer reads 25000"} {
			s.play(read)
			// A transport that is not written by hand tells of whole pieces only.
			if queued, held := s.conn.Queued(), s.peer.Unread(); queued > sent || queued < 0 || held > 500 {
				t.Errorf("what waits is what was sent less what the transport took; got %d", queued)
			}
		}
		s.play("peer reads 4516")
		s.play("peer reads 500")
		if queued := s.conn.Queued(); queued != 0 {
			t.Errorf("nothing waits when the transport has taken everything; got %d", queued)
		}
	})
}
