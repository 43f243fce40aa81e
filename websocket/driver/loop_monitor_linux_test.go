package driver

import (
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestAHandlerThatBlocksHoldsUpNobody(t *testing.T) {
	release := make(chan struct{})
	const blockers = 20 // more than there are loops
	var blocked sync.WaitGroup
	for range blockers {
		blocked.Add(1)
		_, peer := watchedPair(t, newDoing(func(d *Driver, payload []byte) {
			_, _ = d.Send(protocol.Text, []byte("sent before"))
			blocked.Done()
			<-release
			_, _ = d.Send(protocol.Text, payload)
		}))
		if _, err := peer.Write(wiretest.TextFrame("block")); err != nil {
			t.Fatal(err)
		}
		defer func() {
			want := "\x81\x0bsent before\x81\x05block"
			got := make([]byte, len(want))
			if _, err := io.ReadFull(peer, got); err != nil || string(got) != want {
				t.Errorf("what a handler sends before and after it blocks arrives; got %q, %v", got, err)
			}
		}()
	}
	blocked.Wait()
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := watchedPair(t, newDoing(echoed))
		for range 5 {
			wantBack(t, peer, "beside handlers that block")
		}
	}
	close(release)
}

func TestWhatAHandlerSendsBeforeItBlocksLeaves(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	_, peer := watchedPair(t, newDoing(func(d *Driver, payload []byte) {
		_, _ = d.Send(protocol.Text, payload)
		<-release
	}))
	wantBack(t, peer, "from a handler that does not return")
}

// What came while a handler blocked is handled behind it, where nobody looks any more.
func TestWhatTheNextHandlerSendsBeforeItBlocksLeavesToo(t *testing.T) {
	release := make(chan struct{})
	_, peer := watchedPair(t, newDoing(func(d *Driver, payload []byte) {
		_, _ = d.Send(protocol.Text, payload)
		<-release
	}))
	defer close(release)
	for _, text := range []string{"first", "second", "third"} {
		wantBack(t, peer, text)
		if _, err := peer.Write(wiretest.TextFrame("between")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // the loop has seen that there is more
		release <- struct{}{}
		got := make([]byte, len("\x81\x07between"))
		if _, err := io.ReadFull(peer, got); err != nil || string(got) != "\x81\x07between" {
			t.Errorf("it arrives although its handler blocks; got %q, %v", got, err)
		}
		release <- struct{}{}
	}
}
