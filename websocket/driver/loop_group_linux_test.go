package driver

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// newLoopGroup returns a group for the test, which is stopped when the test and its
// connections have ended. In the blocking pass it has been stopped already.
func newLoopGroup(t *testing.T) *LoopGroup {
	t.Helper()
	group := &LoopGroup{IO: DefaultLoopGroup().IO}
	if blockingPass {
		group.Stop()
	}
	t.Cleanup(func() {
		group.Stop()
		wantStopped(t, group)
	})
	return group
}

func wantStopped(t *testing.T, group *LoopGroup) {
	t.Helper()
	select {
	case <-group.Done():
	case <-time.After(time.Minute):
		t.Error("a group that has been stopped must end when its connections are closed; it has not")
	}
}

// groupPair returns a driver on TCP whose loop is one of group, and its peer.
func groupPair(t *testing.T, group *LoopGroup, h Handler) (*Driver, *net.TCPConn) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	d := New(near, protocol.Server, nil, Options{KeepAlive: -1, LoopGroup: group})
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(time.Minute))
	return d, peer
}

func TestLoopGroupStop(t *testing.T) {
	t.Run("open connections work until they end, and then nothing is left", func(t *testing.T) {
		fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
		group := new(LoopGroup)
		d, peer := groupPair(t, group, newDoing(echoed))
		if !d.notified {
			t.Fatal("an event loop must read for the connection")
		}
		wantBack(t, peer, "before Stop")
		if runtime.NumGoroutine() <= goroutines || wiretest.Descriptors() <= fds {
			t.Fatal("the loops must have goroutines and descriptors")
		}
		group.Stop()
		wantBack(t, peer, "after Stop")
		select {
		case <-group.Done():
			t.Error("the group must not end before its connection")
		default:
		}
		d.CloseNow()
		wantDone(t, d)
		_ = peer.Close()
		wantStopped(t, group)
		wiretest.WantNothingLeft(t, fds, goroutines)
	})
	t.Run("a later connection has a goroutine", func(t *testing.T) {
		group := new(LoopGroup)
		early, peer := groupPair(t, group, newDoing(echoed))
		group.Stop()
		group.Stop() // changes nothing
		d, latePeer := groupPair(t, group, newDoing(echoed))
		if d.notified {
			t.Error("a group that has been stopped must not accept connections")
		}
		wantBack(t, latePeer, "on a later connection")
		wantBack(t, peer, "on an earlier connection")
		early.CloseNow()
		wantStopped(t, group) // it does not wait for the later connection
	})
	t.Run("a group without connections", func(t *testing.T) {
		fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
		unused, used := new(LoopGroup), new(LoopGroup)
		d, peer := groupPair(t, used, newDoing(echoed))
		wantBack(t, peer, "before Stop")
		d.CloseNow()
		wantDone(t, d)
		_ = peer.Close()
		for _, group := range []*LoopGroup{unused, used} {
			group.Stop()
			wantStopped(t, group)
		}
		wiretest.WantNothingLeft(t, fds, goroutines)
	})
	t.Run("the last connection is closed by its handler", func(t *testing.T) {
		group := new(LoopGroup)
		d, peer := groupPair(t, group, newDoing(func(d *Driver, _ []byte) { d.CloseNow() }))
		group.Stop()
		if _, err := peer.Write(wiretest.TextFrame("x")); err != nil {
			t.Fatal(err)
		}
		wantDone(t, d)
		wantStopped(t, group)
	})
	t.Run("a handler that blocks is not waited for", func(t *testing.T) {
		fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
		group := new(LoopGroup)
		begun, release := make(chan struct{}), make(chan struct{})
		d, peer := groupPair(t, group, newDoing(func(*Driver, []byte) { close(begun); <-release }))
		if _, err := peer.Write(wiretest.TextFrame("x")); err != nil {
			t.Fatal(err)
		}
		<-begun
		group.Stop()
		d.CloseNow()
		wantStopped(t, group)
		close(release)
		_ = peer.Close()
		wiretest.WantNothingLeft(t, fds, goroutines)
	})
	t.Run("a connection that is never started", func(t *testing.T) {
		group := new(LoopGroup)
		near, peer := wiretest.WirePair(t)
		d := New(near, protocol.Server, nil, Options{LoopGroup: group})
		group.Stop()
		d.CloseNow()
		wantStopped(t, group)
		_ = peer.Close()
	})
}

func TestLoopGroupWithoutDescriptorsForItsLoops(t *testing.T) {
	group := new(LoopGroup)
	defer func() { group.Stop(); wantStopped(t, group) }()
	near, peer := wiretest.WirePair(t)
	release := wiretest.Exhaust(t, 1) // for the duplicate of the connection
	d := New(near, protocol.Server, nil, Options{KeepAlive: -1, LoopGroup: group})
	release()
	defer d.CloseNow()
	d.Start(newDoing(echoed))
	_ = peer.SetDeadline(time.Now().Add(time.Minute))
	wantBack(t, peer, "on a connection without a loop")
	if d.notified {
		t.Error("a connection for which no loop can be started must have a goroutine")
	}
	later, latePeer := groupPair(t, group, newDoing(echoed))
	if !later.notified {
		t.Error("the loops must be started when there are descriptors again")
	}
	wantBack(t, latePeer, "on a later connection")
	later.CloseNow()
	_ = peer.Close()
}

func TestLoopGroupsShareNothing(t *testing.T) {
	slowGroup, quickGroup := new(LoopGroup), new(LoopGroup)
	for _, group := range []*LoopGroup{slowGroup, quickGroup} {
		t.Cleanup(func() { group.Stop(); wantStopped(t, group) })
	}
	pair := func(group *LoopGroup, h Handler) *net.TCPConn {
		near, peer := wiretest.WirePair(t)
		d := New(near, protocol.Server, nil, Options{LoopGroup: group}) // with keep-alive checks
		d.Start(h)
		t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
		_ = peer.SetDeadline(time.Now().Add(time.Minute))
		return peer
	}
	slow := pair(slowGroup, newDoing(func(d *Driver, payload []byte) {
		time.Sleep(slowCall)
		echoed(d, payload)
	}))
	if n := quickGroup.loops.wheel.count; slowGroup.loops.wheel.count != 1 || n != 0 || len(quickGroup.loops.all) != 0 {
		t.Errorf("a connection has its timer and loop in one group only; the other has %d timers and %d loops", n, len(quickGroup.loops.all))
	}
	for range 2 * slowLimit / slowWeight {
		wantBack(t, slow, "from a slow handler")
	}
	for range 2 {
		wantBack(t, slow, "from a slow handler") // its call has been recorded when the next one begins
	}
	if slowGroup.loops.offload.backoff.Load() == 0 {
		t.Error("slow handlers must be offloaded")
	}
	if p := &quickGroup.loops.offload; p.score.Load() != 0 || p.backoff.Load() != 0 || !p.callInline() {
		t.Errorf("the other group is not affected; it has a score of %d", p.score.Load())
	}
	wantBack(t, pair(quickGroup, newDoing(echoed)), "from the other group")
}
