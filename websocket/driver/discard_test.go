package driver

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// Frames that the transport has or is being given are completed; the rest of the queue is
// dropped.
func TestDriverCloseDiscardDropsQueue(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for name, first := range map[string]string{"open": "", "after a Close": "app close 4000 first"} {
			t.Run(role.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t, role, Options{KeepAlive: -1, WriteTimeout: -1})
					s.passive = true
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
						t.Errorf("only what the transport is being given may stay in the queue; %d bytes did", queued)
					}
					go s.listen()
					got := s.play("wait 1ms")
					if len(got) == 0 || len(got) > 20 || got[len(got)-1] != want {
						t.Errorf("complete frames of the queue and then %s must arrive; got %d: %q", want, len(got), got[max(0, len(got)-2):])
					}
				})
			})
		}
	}
}

// A frame that has been begun is completed, whatever its length.
func TestDriverCloseDiscardCompletesFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, WriteTimeout: -1})
		s.passive = true
		s.peer.SetCapacity(500)
		s.start()
		s.play("app binary 200000")
		s.play("app binary 100")
		s.play("app discard")
		go s.listen()
		if got, want := s.play("wait 1ms"), []string{"> binary of 200000", `> close 4001 "overtakes"`}; !slices.Equal(got, want) {
			t.Errorf("the frame that was begun must be completed, and the rest dropped: wanted %s, got %s", list(want), list(got))
		}
	})
}

// Only pongs can follow our Close. When they are dropped it is not sent again.
func TestDriverCloseDiscardAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.passive = true
		s.peer.SetCapacity(1)
		s.start()
		s.play("app close 4000 first")
		s.play("peer ping x")
		s.play("app discard")
		go s.listen()
		if got, want := s.play("wait 1ms"), []string{`> close 4000 "first"`}; !slices.Equal(got, want) {
			t.Errorf("our Close must be sent once: wanted %s, got %s", list(want), list(got))
		}
	})
}

// The messages of a handler are held back for the batch, so all of them can be dropped.
func TestDriverCloseDiscardInHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(d *Driver, _ []byte) {
			_, _ = d.Send(protocol.Text, []byte("never leaves"))
			_, _ = d.SendFragment(protocol.Text, []byte("nor does this"), false)
			_ = d.CloseDiscard(4001, "overtakes")
		}
		s.start()
		if got, want := s.play("peer text go"), []string{`message text "go"`, `> close 4001 "overtakes"`}; !slices.Equal(got, want) {
			t.Errorf("only our Close must be sent: wanted %s, got %s", list(want), list(got))
		}
	})
}

func TestDriverCloseDiscardOnSocket(t *testing.T) {
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		const count, size = 160, 100 << 10
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, WriteTimeout: -1})
		queued := 0
		for range count {
			queued, _ = d.Send(protocol.Binary, make([]byte, size))
		}
		if queued == 0 {
			t.Fatal("the send queue must not be empty; the kernel has accepted everything")
		}
		if err := d.CloseDiscard(4001, "overtakes"); err != nil {
			t.Fatal(err)
		}
		if queued := d.Queued(); queued > writePiece+size+200 {
			t.Errorf("only what the transport is being given may stay in the queue; %d bytes did", queued)
		}
		frames := 0
		for ; ; frames++ {
			got, err := f.ReadFrame(t)
			if err != nil {
				t.Fatalf("our Close must follow complete frames; after %d of them the peer got %v", frames, err)
			}
			if got.Op == protocol.CloseFrame {
				break
			}
			if len(got.Payload) != size {
				t.Errorf("frames must be complete; one has %d bytes", len(got.Payload))
			}
		}
		if frames >= count {
			t.Errorf("the queue must be dropped; all %d frames arrived", frames)
		}
		f.Send(t, f.Closing(4001))
		h.want(t, `clean, received 4001, sent 4001 "overtakes", first local, close`)
	})
}
