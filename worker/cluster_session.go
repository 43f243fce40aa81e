package worker

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger"
)

// The bounds of what one node has in progress at another one. Beyond them calls fail as overloaded.
const (
	maxSessionCalls = 16384     // the calls that are not answered
	maxSessionBytes = 128 << 20 // the bytes of their arguments
	maxSessionHeld  = 65536     // the references of this node that the other one holds, and those of the other one that are held here
	maxShort        = 256 << 10 // the size of a record that is sent at once; a longer one is sent as a stream
	maxLong         = 48 << 20  // the size of a record that is sent as a stream
	maxLongBytes    = 128 << 20 // the bytes of such records that have not arrived completely
)

// session is what this node has in progress with another one: a session with it. It ends when the node has left the cluster, or when one of the two nodes has begun a
// new session.
type session struct {
	all  *clusterObjects
	node string
	own  sessionID // of this node

	sending sync.RWMutex // held for reading while a call is sent, and for writing when the session ends; taken before mu

	mu        sync.Mutex
	theirs    sessionID // of the other node; zero if it is not known
	former    []uint64
	ended     bool
	calls     map[uint64]*sentEvent      // sent, and not answered
	bytes     int64                      // the bytes of calls
	handled   map[uint64]*handledEvent   // received, and not answered
	sent      map[uint64]*sentStream     // by their numbers here
	received  map[uint64]*receivedStream // by the numbers of the other node
	long      map[uint64]*longRecord     // by the numbers of the other node
	longBytes int                        // the bytes of long
	held      map[int]int                // the references of this node that the other one holds; guarded by references.mu
	imported  map[int]*importedReference // those of the other node that are held here, by their numbers there; guarded by references.mu
}

// longRecord is a record that arrives as a stream.
type longRecord struct {
	data     []byte
	granted  uint64
	progress bool // a part has arrived since the last check
}

func newSession(all *clusterObjects, node string, own sessionID, former []uint64) *session {
	return &session{
		all: all, node: node, own: own, former: former,
		calls: map[uint64]*sentEvent{}, handled: map[uint64]*handledEvent{}, sent: map[uint64]*sentStream{},
		received: map[uint64]*receivedStream{}, long: map[uint64]*longRecord{}, held: map[int]int{}, imported: map[int]*importedReference{},
	}
}

// maxFormer bounds the earlier processes of a node whose late records are dropped.
const maxFormer = 8

// reception is how a record of another node belongs to the session with it.
type reception int

const (
	current  reception = iota
	outdated           // it is of an earlier session, or for another process
	renewed            // it begins a new session
)

// receive decides about a record of the other node.
func (p *session) receive(r *objectRecord) reception {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case r.receiver != 0 && r.receiver != p.own.process, slices.Contains(p.former, r.sender.process):
		return outdated
	case p.theirs == sessionID{}:
		p.theirs = r.sender
	case p.theirs.process != r.sender.process:
		return renewed
	default:
		switch cmp.Compare(r.sender.number, p.theirs.number) {
		case -1:
			return outdated
		case 1:
			return renewed
		}
	}
	return current
}

// successor returns the session that a record of the other node begins.
func (p *session) successor(r *objectRecord) *session {
	p.mu.Lock()
	former := p.former
	if p.theirs.process != r.sender.process {
		former = append(slices.Clone(former), p.theirs.process)
		former = former[max(0, len(former)-maxFormer):]
	}
	p.mu.Unlock()
	next := newSession(p.all, p.node, p.own, former)
	next.theirs = r.sender
	return next
}

// send sends a short record. The error is that of linger.Cluster, or [errNodeLost].
func (p *session) send(r *objectRecord) error { return p.sendBytes(p.encode(r)) }

func (p *session) sendBytes(b []byte) error {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended {
		return errNodeLost
	}
	return p.all.cluster.Send(p.node, objectService, b)
}

// encode returns a record for the other node.
func (p *session) encode(r *objectRecord) []byte {
	r.sender = p.own
	p.mu.Lock()
	r.receiver = p.theirs.process
	p.mu.Unlock()
	return r.encode()
}

// sendWhole sends a record of any size. If it is long it is sent as a stream, which may not have ended when sendWhole returns: then long is true, last is called before
// the last part is sent, and sent at the end of the stream, complete or not. Otherwise neither is called. last may be nil.
func (p *session) sendWhole(r *objectRecord, last, sent func()) (long bool, err error) {
	b := p.encode(r)
	if len(b) <= maxShort {
		return false, p.sendBytes(b)
	}
	stream, err := p.addSent(&contentReader{content: b, last: last}, sent)
	if err != nil {
		return false, err
	}
	if err := p.send(&objectRecord{kind: recordLong, number: stream.number}); err != nil {
		stream.withdraw()
		return false, err
	}
	return true, nil
}

// contentReader is a bodyReader of bytes.
type contentReader struct {
	content []byte // nil after the first call of next
	last    func() // called when all bytes have been read; nil for nothing
}

// next implements bodyReader.
func (c *contentReader) next() ([]byte, error) {
	if content := c.content; content != nil {
		c.content = nil
		return content, nil
	}
	if c.last != nil {
		c.last()
	}
	return nil, io.EOF
}

// cancel implements bodyReader. The stream that reads the content ends on its own.
func (c *contentReader) cancel(error) {}

// addSent adds a body that is sent to the other node. The error is [errSessionFull] or [errNodeLost].
func (p *session) addSent(reader bodyReader, onEnd func()) (*sentStream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return nil, errNodeLost
	case len(p.sent) >= maxStreams:
		return nil, errSessionFull
	}
	s := &sentStream{session: p, number: p.all.nextNumber(), reader: reader, onEnd: onEnd}
	p.sent[s.number] = s
	return s, nil
}

func (p *session) removeSent(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sent, number)
}

// addReceived adds a body that the other node sends. The error is [errSessionFull] or [errNodeLost].
func (p *session) addReceived(number uint64) (*receivedStream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return nil, errNodeLost
	case len(p.received) >= maxStreams, p.received[number] != nil:
		return nil, errSessionFull
	}
	s := &receivedStream{session: p, number: number}
	p.received[number] = s
	return s, nil
}

func (p *session) removeReceived(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.received, number)
}

// hasEnded reports whether the session has ended.
func (p *session) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// end ends the session: what waits for the other node fails, and what that node holds is released. A call that the other node cannot have begun, because not all of it
// was sent, is sent to the next owner of its object.
func (p *session) end() { p.endCalls(func(s *sentEvent) bool { return !s.whole }) }

// leave ends the session because the other node has ended. What it has not answered is sent to other nodes.
func (p *session) leave() { p.endCalls(func(*sentEvent) bool { return true }) }

// endCalls ends the session. The calls for which isMoved returns true are sent to other nodes, and the others fail. isMoved is called while mu is held.
func (p *session) endCalls(isMoved func(s *sentEvent) bool) {
	p.sending.Lock()
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		p.sending.Unlock()
		return
	}
	p.ended = true
	var moved, failed []*sentEvent
	for _, number := range slices.Sorted(maps.Keys(p.calls)) {
		if call := p.calls[number]; isMoved(call) {
			moved = append(moved, call)
		} else {
			failed = append(failed, call)
		}
	}
	handled, sent, received := p.handled, p.sent, p.received
	p.calls, p.handled, p.sent, p.received, p.long = nil, nil, nil, nil, nil
	p.mu.Unlock()
	p.sending.Unlock()
	for _, call := range moved {
		call.moved() // before the streams end: it takes its bodies back
	}
	for _, s := range received {
		s.end(errNodeLost)
	}
	for _, s := range sent {
		s.cancel(errNodeLost)
	}
	for _, h := range handled {
		h.cancel()
	}
	p.all.app.references.endSession(p)
	for _, call := range failed {
		call.fail(objectUnanswered)
	}
}

// handle handles a record of the other node. It does not block.
func (p *session) handle(r *objectRecord) {
	switch r.kind {
	case recordCall, recordFetch, recordReferenceCall:
		p.handleEvent(r)
	case recordResult, recordResponse, recordMoved:
		p.handleAnswer(r)
	case recordCancel:
		if h := p.findHandled(r.number); h != nil {
			h.cancel()
		}
	case recordLong:
		p.beginLong(r)
	case recordChunk:
		p.handleChunk(r)
	case recordCredit, recordStreamEnded:
		p.handleStream(r)
	case recordRelease:
		p.all.app.references.releaseFor(p, r.reference, r.count)
	case recordLeft:
		p.leave()
	case recordCheck:
		p.handleCheck(r)
	case recordUnknown:
		p.handleUnknown(r)
	default:
		p.all.counts.dropped.Add(1)
		p.all.report("a record of a kind that this version does not have was dropped", p.node, "kind", uint64(r.kind))
		_ = p.send(&objectRecord{kind: recordUnknown, calls: []uint64{r.number}}) // the sender may wait for an answer
	}
}

// handleStream handles a record about a body that is sent to the other node.
func (p *session) handleStream(r *objectRecord) {
	p.mu.Lock()
	s := p.sent[r.number]
	p.mu.Unlock()
	switch {
	case s == nil:
	case r.kind == recordCredit:
		s.grant(r.offset)
	default:
		s.cancel(errBodyConsumed)
	}
}

// beginLong begins to receive a long record.
func (p *session) beginLong(r *objectRecord) {
	p.mu.Lock()
	full := p.ended || len(p.long) >= maxStreams || p.long[r.number] != nil
	if !full {
		p.long[r.number] = &longRecord{granted: streamWindow, progress: true}
	}
	p.mu.Unlock()
	if full {
		p.all.report("a long record was refused, because too many are on their way", p.node)
		_ = p.send(&objectRecord{kind: recordStreamEnded, number: r.number})
		return
	}
	_ = p.send(&objectRecord{kind: recordCredit, number: r.number, offset: streamWindow}) // renewed by check
}

// handleChunk handles a part of a stream.
func (p *session) handleChunk(r *objectRecord) {
	p.mu.Lock()
	s, long := p.received[r.number], p.long[r.number]
	p.mu.Unlock()
	switch {
	case s != nil:
		s.add(r)
	case long != nil:
		p.addLong(long, r)
	}
}

// addLong adds a part of a long record, and handles the record after its last one.
func (p *session) addLong(long *longRecord, r *objectRecord) {
	p.mu.Lock()
	bad := uint64(len(long.data)) != r.offset || len(long.data)+len(r.data) > maxLong || p.longBytes+len(r.data) > maxLongBytes || r.failure != ""
	long.progress = true
	if !bad {
		long.data = append(long.data, r.data...)
		p.longBytes += len(r.data)
	}
	if bad || r.end {
		p.dropLong(r.number)
	}
	p.mu.Unlock()
	received := uint64(len(long.data))
	switch {
	case bad:
		p.all.counts.dropped.Add(1)
		p.all.report("a long record was dropped, because a part of it was lost or it is too large", p.node, "bytes", received)
		_ = p.send(&objectRecord{kind: recordStreamEnded, number: r.number})
	case r.end:
		p.handleWhole(long.data)
	case received+streamWindow/2 >= long.granted:
		p.grantLong(r.number, long, received+streamWindow)
	}
}

// dropLong forgets a long record, if there is one. mu is held.
func (p *session) dropLong(number uint64) {
	if long := p.long[number]; long != nil {
		delete(p.long, number)
		p.longBytes -= len(long.data)
	}
}

// grantLong requests more of a long record.
func (p *session) grantLong(number uint64, long *longRecord, end uint64) {
	p.mu.Lock()
	long.granted = max(long.granted, end)
	granted := long.granted
	p.mu.Unlock()
	_ = p.send(&objectRecord{kind: recordCredit, number: number, offset: granted}) // renewed by check
}

// stalledLong returns the long records of which nothing has arrived since its last call.
func (p *session) stalledLong() map[uint64]*longRecord {
	p.mu.Lock()
	defer p.mu.Unlock()
	stalled := map[uint64]*longRecord{}
	for number, long := range p.long {
		if !long.progress {
			stalled[number] = long
		}
		long.progress = false
	}
	return stalled
}

// handleWhole handles a long record that has arrived completely.
func (p *session) handleWhole(b []byte) {
	r, err := parseObjectRecord(b)
	if err != nil || r.kind == recordLong || r.kind == recordChunk {
		p.all.counts.dropped.Add(1)
		p.all.report("a record was dropped", p.node, "error", cmp.Or(err, errRecord))
		return
	}
	p.handle(r)
}

// check asks the other node about the calls and streams that have waited for long, because a record may have been lost.
func (p *session) check(now time.Time) {
	r := &objectRecord{kind: recordCheck}
	p.mu.Lock()
	for number, call := range p.calls {
		if now.Sub(call.since) >= checkAfter && len(r.calls) < maxRecordList {
			r.calls = append(r.calls, number)
		}
	}
	received := make([]*receivedStream, 0, len(p.received))
	for _, s := range p.received {
		received = append(received, s)
	}
	p.mu.Unlock()
	for number, long := range p.stalledLong() {
		p.grantLong(number, long, 0)
		r.streams = append(r.streams, number)
	}
	for _, s := range received {
		if s.renewGrant() {
			r.streams = append(r.streams, s.number)
		}
	}
	if len(r.calls)+len(r.streams) > 0 {
		_ = p.send(r) // the next check follows
	}
}

// handleCheck answers the check of the other node.
func (p *session) handleCheck(r *objectRecord) {
	unknown := &objectRecord{kind: recordUnknown}
	p.mu.Lock()
	for _, number := range r.calls {
		if p.handled[number] == nil {
			unknown.calls = append(unknown.calls, number)
		}
	}
	for _, number := range r.streams {
		if p.sent[number] == nil {
			unknown.streams = append(unknown.streams, number)
		}
	}
	p.mu.Unlock()
	if len(unknown.calls)+len(unknown.streams) > 0 {
		_ = p.send(unknown) // the next check follows
	}
}

// handleUnknown ends what the other node does not have: it was lost on its way, or its answer was.
func (p *session) handleUnknown(r *objectRecord) {
	for _, number := range r.calls {
		if call := p.takeCall(number); call != nil {
			call.fail(objectUnanswered)
		}
	}
	for _, number := range r.streams {
		p.mu.Lock()
		s := p.received[number]
		p.dropLong(number)
		p.mu.Unlock()
		if s != nil && s.end(errStreamLost) {
			p.removeReceived(number)
		}
	}
}

// failureOf returns the failure of a call that could not be sent to another node.
func failureOf(err error) string {
	if errors.Is(err, errNodeLost) || errors.Is(err, linger.ErrUnreachable) {
		return objectUnanswered
	}
	return objectOverloaded
}
