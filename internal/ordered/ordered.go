// Package ordered sends records between nodes so that each arrives once and in order, over a transport that may lose some.
//
// A [Mesh] has one [Stream] to each other node. A stream numbers its records, keeps them until the other node has acknowledged them, and sends them again
// if it does not. It ends when the other node has been silent for too long, or has a new stream: what was not acknowledged then may or may not
// have arrived, and the owner of the mesh is notified.
package ordered

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the options of a [Mesh]. All functions are required; none may block.
type Options struct {
	// Send sends a frame to another node. It may lose frames, but keeps their order.
	Send func(node string, frame []byte)

	// Receive gets the records of another node, one at a time for each stream. A record belongs to the frame in which it has arrived.
	Receive func(s *Stream, record []byte)

	// Lost is called once when a stream has ended, unless the mesh was closed.
	Lost func(s *Stream)

	Timeout  time.Duration // a stream in use ends when the other node was silent for so long; 0 means 10 s
	MaxBytes int           // bounds the records of a stream that are not acknowledged; 0 means 128 MiB
}

// Defaults of Options, and fixed bounds.
const (
	defaultTimeout  = 10 * time.Second
	defaultMaxBytes = 128 << 20

	maxFlight     = 4 << 20                // bytes that are sent and not acknowledged
	probeFlight   = 64 << 10               // the same, while the other node does not answer
	resendAfter   = 500 * time.Millisecond // the time without an acknowledgement after which records are sent again
	ackAfter      = 20 * time.Millisecond  // the longest delay of an acknowledgement
	ackRecords    = 64                     // the number of records that are acknowledged without a delay
	maxFormer     = 8                      // the ended streams of a node whose frames are ignored
	maxFormerOf   = 2048                   // the nodes for which they are kept
	maxPiece      = 128 << 10              // the bytes of a record in one frame; longer ones are sent in pieces
	maxRecord     = 256 << 20              // the bytes of a record
	recordExpense = 64                     // what a record, or a piece of it, counts in addition to its bytes
)

// Errors of Send.
var (
	ErrFull  = errors.New("ordered: too much is not acknowledged by the other node: send less, or wait until it has caught up")
	ErrEnded = errors.New("ordered: the stream has ended: use a new one")
)

// Mesh has the streams of one node to all others. Its methods may be called from any goroutine.
type Mesh struct {
	opts Options

	resent, lost atomic.Uint64

	mu     sync.Mutex
	byNode map[string]*Stream
	former map[string][]uint64 // the last ends of the other nodes that have ended
	closed bool
}

// New returns a mesh without streams.
func New(opts Options) *Mesh {
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = defaultMaxBytes
	}
	return &Mesh{opts: opts, byNode: map[string]*Stream{}, former: map[string][]uint64{}}
}

// Resent returns the number of records that were sent again.
func (m *Mesh) Resent() uint64 { return m.resent.Load() }

// Lost returns the number of streams that have ended because the other node was silent or had a new stream.
func (m *Mesh) Lost() uint64 { return m.lost.Load() }

// Stream returns the stream to a node, which is made if there is none. After Close it is one that has ended.
func (m *Mesh) Stream(node string) *Stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.byNode[node]; s != nil {
		return s
	}
	return m.add(node, 0)
}

// add adds a stream. mu is held.
func (m *Mesh) add(node string, remote uint64) *Stream {
	s := &Stream{mesh: m, node: node, id: newID(), remote: remote, first: 1, expected: 1, limit: maxFlight, heard: time.Now(), ended: m.closed}
	s.timer = time.AfterFunc(time.Hour, s.tick)
	s.timer.Stop()
	s.ackTimer = time.AfterFunc(time.Hour, s.ackNow)
	s.ackTimer.Stop()
	if !m.closed {
		m.byNode[node] = s
	}
	return s
}

// newID returns a random number that is not 0.
func newID() uint64 { return rand.Uint64()>>1 + 1 } //nolint:gosec // it identifies, and protects nothing

// Arrived gets a frame that another node has sent. Malformed frames are dropped, with an error.
func (m *Mesh) Arrived(node string, bytes []byte) error {
	f, err := readFrame(bytes)
	if err != nil {
		return err
	}
	s, before := m.streamOf(node, f)
	if before != nil {
		m.opts.Lost(before)
	}
	switch {
	case s == nil:
	case f.kind == frameReset:
		s.lose()
	default:
		s.arrived(f)
	}
	return nil
}

// streamOf returns the stream to which a frame belongs, nil if that has ended. before is the stream that it replaces, if any.
func (m *Mesh) streamOf(node string, f frame) (s, before *Stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s = m.byNode[node]
	switch {
	case m.closed:
		return nil, nil
	case f.kind == frameReset:
		if s != nil && s.id == f.to {
			return s, nil
		}
		return nil, nil
	case f.to != 0 && (s == nil || s.id != f.to):
		m.opts.Send(node, appendFrame(nil, frame{kind: frameReset, to: f.from}))
		return nil, nil
	case s == nil:
		return m.unlessFormer(node, f), nil
	case s.isFrom(f.from):
		return s, nil
	case f.to != 0: // two ends of the other node use one of this node
		m.opts.Send(node, appendFrame(nil, frame{kind: frameReset, to: f.from}))
		return nil, nil
	}
	if next := m.unlessFormer(node, f); next != nil {
		if s.end() {
			m.forget(s, false)
			return next, s
		}
		return next, nil
	}
	return nil, nil
}

// unlessFormer returns a new stream for the first frame of another node's new one, nil if that has ended. mu is held.
func (m *Mesh) unlessFormer(node string, f frame) *Stream {
	for _, id := range m.former[node] {
		if id == f.from {
			return nil
		}
	}
	return m.add(node, f.from)
}

// forget removes a stream that has ended. mu is held.
func (m *Mesh) forget(s *Stream, current bool) {
	if current && m.byNode[s.node] == s {
		delete(m.byNode, s.node)
	}
	m.lost.Add(1)
	if _, known := m.former[s.node]; !known && len(m.former) >= maxFormerOf {
		for node := range m.former {
			delete(m.former, node)
			break
		}
	}
	former := append(m.former[s.node], s.remote)
	if len(former) > maxFormer {
		former = former[1:]
	}
	m.former[s.node] = former
}

// Nodes returns the names of the nodes to which there are streams.
func (m *Mesh) Nodes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.byNode))
}

// Leave drops the stream to a node that has left, if it is not in use.
func (m *Mesh) Leave(node string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.byNode[node]; s != nil && s.endIdle() {
		delete(m.byNode, node)
	}
}

// Close ends all streams. The other nodes are notified.
func (m *Mesh) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for _, s := range m.byNode {
		if s.end() && s.remote != 0 {
			m.opts.Send(s.node, appendFrame(nil, frame{kind: frameReset, to: s.remote}))
		}
	}
	clear(m.byNode)
}
