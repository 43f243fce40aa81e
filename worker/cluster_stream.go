package worker

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/latch"
)

// The bounds of bodies on their way between two nodes.
const (
	streamPiece  = 64 << 10  // the bytes of a body in a record
	streamWindow = 256 << 10 // the bytes of a body that were sent and that the receiver has not passed on
	maxStreams   = 4096      // the bodies on their way from one node to another
)

var (
	errNodeLost   = errors.New("the connection to the other node was lost before the body was complete")
	errStreamLost = errors.New("a part of the body was lost on its way from the other node")
)

// sentStream is a body that is sent to another node, as far as that has granted it. Nothing is read from the body before the first grant.
type sentStream struct {
	session *session
	number  uint64
	reader  bodyReader
	onEnd   func() // called once, when the reader is not used any more; nil for nothing

	mu      sync.Mutex
	changed latch.Latch // released when allowed or ended has changed
	allowed uint64      // the bytes that may be sent, from the beginning
	sent    uint64
	started bool
	ended   bool // the rest is not needed
}

// passedOn is a received body as the reader of a stream: its first use makes the stream the consumer of the body.
type passedOn struct{ *receivedBody }

// next implements bodyReader.
func (b passedOn) next() ([]byte, error) {
	b.passOn()
	return b.receivedBody.next()
}

// grant allows more of the body to be sent, and starts the sending.
func (s *sentStream) grant(allowed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.allowed = max(s.allowed, allowed)
	s.changed.Release()
	if !s.started {
		s.started = true
		go s.run()
	}
}

// run sends the body.
func (s *sentStream) run() {
	defer s.finish()
	for {
		chunk, err := s.reader.next()
		for len(chunk) > 0 {
			piece := chunk[:min(len(chunk), streamPiece)]
			if !s.awaitGrant() || !s.sendPiece(&objectRecord{kind: recordChunk, number: s.number, offset: s.sent, data: piece}) {
				s.reader.cancel(errBodyConsumed)
				return
			}
			s.sent += uint64(len(piece))
			chunk = chunk[len(piece):]
		}
		if err == nil {
			continue
		}
		last := &objectRecord{kind: recordChunk, number: s.number, offset: s.sent, end: true}
		if !isEnd(err) {
			last.failure = err.Error()
		}
		s.sendPiece(last)
		return
	}
}

// awaitGrant blocks until more may be sent. It returns false if the rest is not needed.
func (s *sentStream) awaitGrant() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.ended && s.sent >= s.allowed {
		changed := s.changed.Next()
		s.mu.Unlock()
		<-changed
		s.mu.Lock()
	}
	return !s.ended
}

// The pauses before a piece of a body is sent again for which the queue to the other nodes was full. After the longest one the body fails.
const (
	firstPiecePause = 5 * time.Millisecond
	maxPiecePause   = 5 * time.Second
)

// sendPiece sends a record of the stream, and reports whether it was sent. It waits while the queue to the other nodes is full.
func (s *sentStream) sendPiece(r *objectRecord) bool {
	for pause := firstPiecePause; ; pause *= 2 {
		err := s.session.send(r)
		if !errors.Is(err, linger.ErrClusterFull) || pause > maxPiecePause {
			return err == nil
		}
		time.Sleep(pause)
	}
}

// cancel ends the sending, because the receiver does not need the rest, or has ended.
func (s *sentStream) cancel(reason error) {
	s.mu.Lock()
	started, ended := s.started, s.ended
	s.ended, s.started = true, true
	s.changed.Release()
	s.mu.Unlock()
	if ended {
		return
	}
	go s.reader.cancel(reason) // it may block
	if !started {
		s.finish()
	}
}

// withdraw ends the sending of a body of which nothing was read: it can be sent to another node.
func (s *sentStream) withdraw() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.session.removeSent(s.number)
}

// finish removes the stream.
func (s *sentStream) finish() {
	s.session.removeSent(s.number)
	if s.onEnd != nil {
		s.onEnd()
	}
}

// receivedStream is a body that another node sends. It is a bodyReader.
type receivedStream struct {
	session *session
	number  uint64

	mu       sync.Mutex
	changed  latch.Latch // released when data or err has changed
	data     []byte      // has arrived, and was not consumed
	received uint64      // the bytes that have arrived
	granted  uint64      // the bytes that the sender may send, from the beginning
	err      error       // why no more follows; io.EOF at the end of the body, nil before
	progress bool        // something has arrived since the last renewal of the grant
}

var _ bodyReader = (*receivedStream)(nil)

// next implements bodyReader.
func (s *receivedStream) next() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 {
		if s.err != nil {
			return nil, s.err
		}
		s.grantLocked()
		if len(s.data) > 0 || s.err != nil {
			continue
		}
		changed := s.changed.Next()
		s.mu.Unlock()
		<-changed
		s.mu.Lock()
	}
	data := s.data
	s.data = nil
	s.grantLocked()
	return data, nil
}

// grantLocked grants what there is room for, if that is much. mu is held, but not while the grant is sent.
func (s *receivedStream) grantLocked() {
	end := s.received - uint64(len(s.data)) + streamWindow
	if s.err != nil || end < s.granted+streamWindow/2 {
		return
	}
	s.granted = end
	s.mu.Unlock()
	_ = s.session.send(&objectRecord{kind: recordCredit, number: s.number, offset: end}) // renewed by renewGrant
	s.mu.Lock()
}

// renewGrant sends the last grant again if the stream has made no progress since the last call, because a record may have been lost. It
// reports whether that is the case.
func (s *receivedStream) renewGrant() bool {
	s.mu.Lock()
	stalled := s.err == nil && !s.progress && s.granted > 0
	granted := s.granted
	s.progress = false
	s.mu.Unlock()
	if stalled {
		_ = s.session.send(&objectRecord{kind: recordCredit, number: s.number, offset: granted})
	}
	return stalled
}

// add adds a record of the stream.
func (s *receivedStream) add(r *objectRecord) {
	s.mu.Lock()
	s.progress = true
	switch {
	case s.err != nil:
		s.mu.Unlock()
		return
	case r.offset != s.received || len(s.data)+len(r.data) > streamWindow+streamPiece:
		s.mu.Unlock()
		s.cancel(errStreamLost)
		return
	}
	s.data = append(s.data, r.data...)
	s.received += uint64(len(r.data))
	if r.end {
		s.err = io.EOF
		if r.failure != "" {
			s.err = errors.New(r.failure)
		}
		s.session.removeReceived(s.number)
	}
	s.changed.Release()
	s.mu.Unlock()
}

// cancel implements bodyReader.
func (s *receivedStream) cancel(reason error) {
	if s.end(reason) {
		s.session.removeReceived(s.number)
		_ = s.session.send(&objectRecord{kind: recordStreamEnded, number: s.number}) // without it the sender waits until the session ends
	}
}

// end ends the stream as incomplete, and reports whether it had not ended.
func (s *receivedStream) end(reason error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.err == nil
	if open {
		s.err = reason
	}
	if !isEnd(s.err) || open {
		s.data = nil
	}
	s.changed.Release()
	return open
}
