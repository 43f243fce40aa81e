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

func TestLoopGroupBlockingHandlerDelaysNoOtherConnection(t *testing.T) {
	group := newLoopGroup(t)
	release := make(chan struct{})
	const blockers = 20 // more than loops
	var blocked sync.WaitGroup
	for range blockers {
		blocked.Add(1)
		_, peer := groupPair(t, group, newDoing(func(d *Driver, payload []byte) {
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
				t.Errorf("messages that a handler sends before and after it blocks must arrive; got %q, %v", got, err)
			}
		}()
	}
	blocked.Wait()
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := groupPair(t, group, newDoing(echoed))
		for range 5 {
			wantBack(t, peer, "while other handlers block")
		}
	}
	close(release)
}

func TestLoopGroupSendBeforeAHandlerBlocksLeaves(t *testing.T) {
	group := newLoopGroup(t)
	release := make(chan struct{})
	defer close(release)
	_, peer := groupPair(t, group, newDoing(func(d *Driver, payload []byte) {
		_, _ = d.Send(protocol.Text, payload)
		<-release
	}))
	wantBack(t, peer, "from a handler that does not return")
}

// Input that arrives while a handler blocks is handled afterwards on the same goroutine,
// which the monitor does not observe any more.
func TestLoopGroupSendBeforeALaterHandlerBlocksLeaves(t *testing.T) {
	group := newLoopGroup(t)
	release := make(chan struct{})
	_, peer := groupPair(t, group, newDoing(func(d *Driver, payload []byte) {
		_, _ = d.Send(protocol.Text, payload)
		<-release
	}))
	defer close(release)
	for _, text := range []string{"first", "second", "third"} {
		wantBack(t, peer, text)
		if _, err := peer.Write(wiretest.TextFrame("between")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // so that the loop has reported it
		release <- struct{}{}
		got := make([]byte, len("\x81\x07between"))
		if _, err := io.ReadFull(peer, got); err != nil || string(got) != "\x81\x07between" {
			t.Errorf("a message must arrive although its handler blocks after it; got %q, %v", got, err)
		}
		release <- struct{}{}
	}
}

// The first call of a handler by a new owner is not slow because the owner is new.
func TestLoopOwnerMeasuresFromItsBeginning(t *testing.T) {
	before := sinceStart()
	if o := newLoopOwner(new(eventLoop)); o.now < before {
		t.Errorf("a call that begins now would have taken %v", before-o.now)
	}
}
