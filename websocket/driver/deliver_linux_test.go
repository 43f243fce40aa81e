package driver

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// recipient is a connection that a message is delivered to.
type recipient struct {
	*Driver
	peer  net.Conn
	limit int
}

// newRecipient returns a started connection.
func newRecipient(t *testing.T, role protocol.Role, opts Options, agreed terms) *recipient {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	_ = near.SetWriteBuffer(16 << 10) // so that the kernel does not take much
	_ = peer.SetReadBuffer(16 << 10)
	opts.KeepAlive = -1
	return startRecipient(t, newDriver(newTransport(near, &opts), role, nil, opts, agreed), peer)
}

func startRecipient(t *testing.T, d *Driver, peer net.Conn) *recipient {
	d.Start(newDoing(echoed))
	t.Cleanup(func() { d.Thaw(nil); d.CloseNow(); _ = peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
	return &recipient{Driver: d, peer: peer, limit: 1 << 20}
}

// recipients are the situations in which a message may find a connection.
var recipients = map[string]func(t *testing.T, opts Options) *recipient{
	"idle": func(t *testing.T, opts Options) *recipient {
		return newRecipient(t, protocol.Server, opts, terms{})
	},
	"a client": func(t *testing.T, opts Options) *recipient {
		return newRecipient(t, protocol.Client, opts, terms{})
	},
	"with compression": func(t *testing.T, opts Options) *recipient {
		return newRecipient(t, protocol.Server, opts, terms{compression: newCompressor(deflate.Window{}, deflate.Window{}, deflate.Options{})})
	},
	"a limit of 0": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		r.limit = 0
		return r
	},
	"slow, within the limit": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		_, _ = r.Send(protocol.Binary, make([]byte, 8<<20))
		r.limit = 16 << 20
		return r
	},
	"slow, over the limit": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		_, _ = r.Send(protocol.Binary, make([]byte, 8<<20))
		r.limit = 1 << 10
		return r
	},
	"in a message": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		_, _ = r.SendFragment(protocol.Text, []byte("begun"), false)
		return r
	},
	"closing": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		_ = r.Close(1000, "")
		return r
	},
	"closed": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		r.CloseNow()
		return r
	},
	"frozen": func(t *testing.T, opts Options) *recipient {
		r := newRecipient(t, protocol.Server, opts, terms{})
		eventually(t, "the connection must be frozen", func() bool { return r.Freeze(refuseOps) == nil })
		return r
	},
	"of another group": func(t *testing.T, opts Options) *recipient {
		group := &LoopGroup{IO: opts.LoopGroup.IO}
		t.Cleanup(group.Stop)
		opts.LoopGroup = group
		return newRecipient(t, protocol.Server, opts, terms{})
	},
	"of another way": func(t *testing.T, opts Options) *recipient {
		opts.IO = IOReadiness
		return newRecipient(t, protocol.Server, opts, terms{})
	},
	"with a goroutine": func(t *testing.T, opts Options) *recipient {
		opts.IO = IOBlocking
		return newRecipient(t, protocol.Server, opts, terms{})
	},
	"in memory": func(t *testing.T, opts Options) *recipient {
		a, b := memconn.Pipe()
		opts.KeepAlive = -1
		return startRecipient(t, New(readiness.Conn{Reporter: a}, protocol.Server, nil, opts), b)
	},
}

// eachGroup runs a test with a group of each way.
func eachGroup(t *testing.T, test func(t *testing.T, group *LoopGroup)) {
	for _, way := range ways {
		t.Run(way.String(), func(t *testing.T) {
			group := &LoopGroup{IO: way}
			fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
			t.Cleanup(func() {
				group.Stop()
				wantStopped(t, group)
				wiretest.WantNothingLeft(t, fds, goroutines)
			})
			test(t, group)
		})
	}
}

// Deliver has the results of SendPreparedWithin, in every situation, and a message that is not queued arrives.
func TestDeliverResults(t *testing.T) {
	eachGroup(t, func(t *testing.T, group *LoopGroup) {
		var names []string
		var all []Delivery
		var peers []net.Conn
		for range 3 { // so that there are some of each
			for name, newOne := range recipients {
				r := newOne(t, Options{LoopGroup: group})
				names, peers = append(names, name), append(peers, r.peer)
				all = append(all, Delivery{To: r.Driver, Limit: r.limit})
			}
		}
		message := preparedText(t, "delivered")
		within(t, func() { Deliver(message, all) })
		for i, name := range names {
			twin := recipients[name](t, Options{LoopGroup: group})
			queued, err := twin.SendPreparedWithin(twin.limit, message)
			if got := all[i]; fmt.Sprint(got.Err) != fmt.Sprint(err) || (got.Queued > 0) != (queued > 0) {
				t.Errorf("%s: the results must be those of SendPreparedWithin, %d, %v; got %d, %v", name, queued, err, got.Queued, got.Err)
			}
			if err == nil && queued == 0 {
				wantDelivered(t, all[i].To, peers[i], name)
			}
		}
	})
}

// within fails unless f returns in time.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(wiretest.Bound):
		t.Fatal("a call must not block")
	}
}

// wantDelivered fails unless "delivered" is among the next messages that the peer receives.
func wantDelivered(t *testing.T, d *Driver, peer net.Conn, name string) {
	t.Helper()
	far := &wiretest.Far{Conn: peer, R: bufio.NewReader(peer), Role: d.settings().machine.Role}
	for {
		frame, err := far.ReadFrame(t)
		if err != nil {
			t.Errorf("%s: the message must arrive; got %v", name, err)
			return
		}
		if string(frame.Payload) == "delivered" {
			return
		}
	}
}

// Messages that are delivered and messages that are sent keep their order, and each arrives once, also on a connection that is
// in a Deliver twice. With rings, one operation is carried out for each connection that is idle.
func TestDeliverOrder(t *testing.T) {
	eachGroup(t, func(t *testing.T, group *LoopGroup) {
		const connections, rounds = 100, 20
		var all []Delivery
		var peers []net.Conn
		for range connections {
			r := newRecipient(t, protocol.Server, Options{LoopGroup: group}, terms{})
			all, peers = append(all, Delivery{To: r.Driver, Limit: r.limit}), append(peers, r.peer)
		}
		for i := range all {
			wantBack(t, peers[i], "before")
			eventually(t, "a connection must become idle", func() bool {
				all[i].To.mu.Lock()
				defer all[i].To.mu.Unlock()
				return all[i].To.parked() || !all[i].To.notified
			})
		}
		before := ringOperations(t)
		var want []string
		for round := range rounds {
			published, sent := fmt.Sprint("published ", round), fmt.Sprint("sent ", round)
			Deliver(preparedText(t, published), all)
			for _, d := range all {
				if _, err := d.To.Send(protocol.Text, []byte(sent)); err != nil || d.Err != nil {
					t.Fatal(err, d.Err)
				}
			}
			want = append(want, published, sent)
		}
		operations := 0
		if group.IO == IORing {
			operations = connections * rounds
		}
		if n := ringOperations(t) - before; n != uint32(operations) {
			t.Errorf("%d messages must leave through rings; got %d", operations, n)
		}
		Deliver(preparedText(t, "twice"), append(all[:connections:connections], all...))
		for _, peer := range peers {
			wantBytes(t, peer, served(append(want, "twice", "twice")...), "of both kinds")
		}
	})
}

// numbers is a handler of a peer that checks the numbers of the messages of each of several senders.
type numbers struct {
	quiet
	t    *testing.T
	next map[byte]int // by the sender
	all  chan struct{}
	left int
}

func (n *numbers) Events(_ *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) {
		var number int
		sender := m.Payload[0]
		if _, err := fmt.Sscan(string(m.Payload[1:]), &number); err != nil || number != n.next[sender] {
			n.t.Errorf("the messages of each sender must arrive once and in order; got %q, expected number %d", m.Payload, n.next[sender])
		}
		n.next[sender]++
		if n.left--; n.left == 0 {
			close(n.all)
		}
	})
}

// Many goroutines deliver and send at the same time, while messages arrive and some connections end.
func TestDeliverConcurrently(t *testing.T) {
	eachGroup(t, func(t *testing.T, group *LoopGroup) {
		const connections, ending, senders, messages = 40, 8, 4, 50
		var all []Delivery
		var peers []*Driver
		var heard []*numbers
		for range connections {
			near, far := wiretest.WirePair(t)
			d := New(near, protocol.Server, nil, Options{KeepAlive: -1, LoopGroup: group})
			d.Start(newDoing(echoed))
			n := &numbers{quiet: quiet{newEnds()}, t: t, next: map[byte]int{}, all: make(chan struct{}), left: 3 * senders * messages}
			peer := New(far, protocol.Client, nil, Options{KeepAlive: -1, IO: IOBlocking})
			peer.Start(n)
			t.Cleanup(func() { d.CloseNow(); peer.CloseNow() })
			all, peers, heard = append(all, Delivery{To: d, Limit: 1 << 20}), append(peers, peer), append(heard, n)
		}
		var running sync.WaitGroup
		for sender := range senders {
			name := func(kind int, number int) string { return fmt.Sprintf("%c%d", 'a'+3*sender+kind, number) }
			own := slices.Clone(all)
			running.Go(func() {
				for i := range messages {
					Deliver(preparedText(t, name(0, i)), own)
				}
			})
			running.Go(func() {
				for i := range messages {
					for _, d := range all {
						_, _ = d.To.Send(protocol.Text, []byte(name(1, i)))
					}
				}
			})
			running.Go(func() {
				for i := range messages {
					for _, peer := range peers {
						_, _ = peer.Send(protocol.Text, []byte(name(2, i))) // and its echo
					}
				}
			})
		}
		running.Go(func() {
			for i, d := range all[:ending] {
				if i%2 == 0 {
					d.To.CloseNow()
				} else {
					_ = d.To.Close(1000, "")
				}
			}
		})
		running.Wait()
		for _, n := range heard[ending:] {
			select {
			case <-n.all:
			case <-time.After(wiretest.Bound):
				t.Fatal("all messages must arrive on a connection that stays open")
			}
		}
	})
}
