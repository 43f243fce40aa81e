package ordered_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/ordered"
	"github.com/lingerws/linger/internal/wire"
)

// network has two meshes, whose frames it delivers on one goroutine for each direction, or loses.
type network struct {
	mu   sync.Mutex // guards what the nodes have received, and the losses
	a, b *side
}

// side is one node.
type side struct {
	mesh     *ordered.Mesh
	mu       *sync.Mutex
	peer     *side
	name     string
	queue    chan []byte
	lose     func() bool // decides about a frame to this node; nil loses nothing
	received []string
	lost     int
}

func newNetwork(opts ordered.Options) *network {
	n := &network{a: &side{name: "a"}, b: &side{name: "b"}}
	n.a.peer, n.b.peer = n.b, n.a
	for _, s := range []*side{n.a, n.b} {
		s.queue, s.mu = make(chan []byte, 1<<16), &n.mu
		s.restart(opts)
		go s.run()
	}
	return n
}

// restart replaces the mesh of a node, as that of a new process.
func (s *side) restart(opts ordered.Options) {
	opts.Send = func(node string, frame []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if node == s.peer.name && (s.peer.lose == nil || !s.peer.lose()) {
			s.peer.queue <- frame
		}
	}
	opts.Receive = func(_ *ordered.Stream, record []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.received = append(s.received, string(record))
	}
	opts.Lost = func(*ordered.Stream) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lost++
	}
	s.mesh = ordered.New(opts)
}

func (s *side) run() {
	for frame := range s.queue {
		time.Sleep(time.Millisecond)
		_ = s.mesh.Arrived(s.peer.name, frame)
	}
}

// setLosses sets what decides about the frames to both nodes.
func (n *network) setLosses(lose func() bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.a.lose, n.b.lose = lose, lose
}

// losses returns the numbers of the streams that were lost.
func (n *network) losses() (a, b int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.a.lost, n.b.lost
}

func (n *network) close() {
	time.Sleep(time.Minute)
	n.a.mesh.Close()
	n.b.mesh.Close()
	time.Sleep(time.Minute)
	close(n.a.queue)
	close(n.b.queue)
}

// text returns the text of a record. Some are longer than a frame may be.
func (s *side) text(i int) string {
	if i%100 == 99 {
		return strings.Repeat(fmt.Sprintf("%s%9d", s.name, i), 30000)
	}
	return fmt.Sprint(s.name, i)
}

func (s *side) send(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := s.mesh.Stream(s.peer.name).Send([]byte(s.text(i))); err != nil {
			t.Errorf("a record is sent; got %v", err)
		}
	}
}

// want checks that a node has received the records of the other one that have the numbers 0 to n-1.
func (s *side) want(t *testing.T, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.received) != n {
		t.Errorf("%s receives each record once: %d; got %d", s.name, n, len(s.received))
		return
	}
	for i, got := range s.received {
		if want := s.peer.text(i); got != want {
			t.Errorf("%s receives the records in order: %.20s is the record %d; got %.20s", s.name, want, i, got)
			return
		}
	}
}

func TestStreamLossyNetwork(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			n := newNetwork(ordered.Options{})
			share, lossy := random.Float64()*0.5, rand.New(rand.NewPCG(seed, 1))
			n.setLosses(func() bool { return lossy.Float64() < share })
			sent := 0
			for range random.IntN(30) {
				more := random.IntN(20)
				n.a.send(t, sent, sent+more)
				n.b.send(t, sent, sent+more)
				sent += more
				time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
				synctest.Wait()
			}
			n.setLosses(nil)
			n.close()
			n.a.want(t, sent)
			n.b.want(t, sent)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

func TestStreamSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(ordered.Options{Timeout: 10 * time.Second})
		n.a.send(t, 0, 1)
		n.a.mesh.Stream("b").Use()
		time.Sleep(time.Hour)
		if a, b := n.losses(); a != 0 || b != 0 {
			t.Errorf("a stream in use stays while both nodes answer; got %d and %d that were lost", a, b)
		}
		n.setLosses(func() bool { return true })
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if a, _ := n.losses(); a != 0 {
			t.Error("a stream outlives a break that is shorter than the timeout")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if a, _ := n.losses(); a != 1 {
			t.Errorf("a stream in use ends when the other node is silent for the timeout; got %d", a)
		}
		n.setLosses(nil)
		n.a.send(t, 1, 2)
		time.Sleep(time.Second)
		synctest.Wait()
		n.b.want(t, 2)
		if _, b := n.losses(); b != 1 {
			t.Errorf("the other node is notified of the end by the next stream; got %d", b)
		}
		n.close()
	})
}

func TestStreamRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(ordered.Options{})
		n.a.send(t, 0, 3)
		n.b.send(t, 0, 1)
		time.Sleep(time.Second)
		synctest.Wait()
		n.b.restart(ordered.Options{})
		n.a.send(t, 3, 4)
		time.Sleep(time.Second)
		synctest.Wait()
		if a, _ := n.losses(); a != 1 {
			t.Errorf("a record for a former process of the other node ends the stream; got %d", a)
		}
		n.b.want(t, 3)
		n.a.send(t, 3, 5)
		time.Sleep(time.Second)
		synctest.Wait()
		n.b.want(t, 5)
		n.a.want(t, 1)
		n.a.mesh.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		if _, b := n.losses(); b != 1 {
			t.Errorf("the other node is notified when a mesh is closed; got %d", b)
		}
		n.close()
	})
}

func TestStreamFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(ordered.Options{MaxBytes: 1000})
		n.setLosses(func() bool { return true })
		s := n.a.mesh.Stream("b")
		if err := s.Send(bytes.Repeat([]byte("x"), 1000)); err != nil {
			t.Errorf("a record of any size is sent when nothing waits; got %v", err)
		}
		if err := s.Send([]byte("x")); !errors.Is(err, ordered.ErrFull) {
			t.Errorf("a record beyond the bound is refused with ErrFull; got %v", err)
		}
		if err := s.SendControl([]byte("x")); err == nil || !s.Ended() {
			t.Errorf("a stream without room for a control record ends; got %v", err)
		}
		if err := s.Send([]byte("x")); !errors.Is(err, ordered.ErrEnded) {
			t.Errorf("nothing is sent on a stream that has ended; got %v", err)
		}
		n.close()
	})
}

// wireFrame is a frame as another node sends it: its kind, and the fields 2 to 7 that are not 0.
func wireFrame(kind, from, to, number, ack uint64, record string, gap bool) []byte {
	b := wire.AppendUint(nil, 1, kind)
	for i, v := range []uint64{from, to, number, ack} {
		b = wire.AppendUint(b, i+2, v)
	}
	if record != "" {
		b = wire.AppendString(b, 6, record)
	}
	return wire.AppendBool(b, 7, gap)
}

// The kinds of frames.
const (
	dataFrame  = 1
	ackFrame   = 2
	resetFrame = 3
)

// A node that reports gaps, as many as it likes, makes the other one send little again.
func TestStreamGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		m := ordered.New(ordered.Options{
			Send: func(_ string, frame []byte) { sent += len(frame) }, Receive: func(*ordered.Stream, []byte) {}, Lost: func(*ordered.Stream) {},
		})
		defer m.Close()
		for range 10_000 {
			if err := m.Stream("b").Send(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		const once = 128 << 10 // more than is sent for a report
		report := func(ack uint64, times int) (again int) {
			sent = 0
			for range times {
				if err := m.Arrived("b", wireFrame(ackFrame, 5, 0, 0, ack, "", true)); err != nil {
					t.Fatal(err)
				}
			}
			return sent
		}
		if again := report(0, 1); again == 0 || again > once {
			t.Errorf("the records after a gap are sent again, %d bytes at most; got %d", once, again)
		}
		if again := report(0, 100); again != 0 {
			t.Errorf("a gap that is reported again makes nothing be sent again; got %d bytes", again)
		}
		if again := report(1, 100); again == 0 || again > once {
			t.Errorf("the records after another gap are sent again once, %d bytes at most; got %d", once, again)
		}
	})
}

// The ended streams of 2,048 nodes are remembered, so that their late frames are ignored, and not more.
func TestMeshFormerNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ends := map[string]uint64{} // of this node, by the names of others
		received := map[string]int{}
		m := ordered.New(ordered.Options{
			Send: func(node string, frame []byte) {
				r := wire.NewReader(frame)
				for field, ok := r.Next(); ok; field, ok = r.Next() {
					if field == 2 {
						ends[node] = r.Uint()
					}
				}
			},
			Receive: func(s *ordered.Stream, _ []byte) { received[s.Node()]++ },
			Lost:    func(*ordered.Stream) {},
		})
		defer m.Close()
		arrive := func(node string, frame []byte) {
			t.Helper()
			if err := m.Arrived(node, frame); err != nil {
				t.Fatal(err)
			}
		}
		const nodes, remembered = 5000, 2048
		first := wireFrame(dataFrame, 5, 0, 1, 0, "x", false)
		for i := range nodes {
			node := fmt.Sprint("n", i)
			arrive(node, first)
			arrive(node, first) // it comes twice, so it is acknowledged at once
			arrive(node, wireFrame(resetFrame, 5, ends[node], 0, 0, "", false))
		}
		ignored := 0
		for i := range nodes {
			node := fmt.Sprint("n", i)
			if received[node] != 1 {
				t.Fatalf("a record is received once; node %s has sent %d", node, received[node])
			}
			if arrive(node, first); received[node] == 1 {
				ignored++
			}
		}
		if ignored != remembered {
			t.Errorf("the late frames of %d nodes are ignored; got %d", remembered, ignored)
		}
	})
}

func FuzzMeshArrived(f *testing.F) {
	f.Add([]byte("\x08\x01\x10\x05\x20\x01\x32\x01x"), []byte("\x08\x02\x10\x05\x28\x07"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		received := 0
		m := ordered.New(ordered.Options{
			Send:    func(string, []byte) {},
			Receive: func(*ordered.Stream, []byte) { received++ },
			Lost:    func(*ordered.Stream) {},
		})
		defer m.Close()
		_ = m.Stream("b").Send([]byte("x"))
		for range 2 {
			_ = m.Arrived("b", first)
			_ = m.Arrived("b", second)
		}
		if received > 2 {
			t.Errorf("a frame that arrives twice is received once; got %d", received)
		}
	})
}
