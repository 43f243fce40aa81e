package worker

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// hibernatable is a WebSocket that an object has accepted with acceptWebSocket. It belongs to the object and not to an instance: it stays
// open when the object is evicted or constructed again. Its events are events of the object. It is a socketTransport
// whose sends pass the object's output gate, and gets the events of its connection as socketEvents.
//
// The script identifies it by a negative number, which is the same in every instance.
type hibernatable struct {
	number  int
	object  *object
	late    lateSocket
	overlap overlap  // of the events: the next one begins when the handler of the last one has returned
	tags    []string // in the order given, each once

	next, previous *hibernatable // those of the object that were accepted after and before; guarded by object.sockets.mu

	respondedAt atomic.Int64 // the time of the last automatic response, in milliseconds since 1970; 0 for none

	departing sync.Mutex // held by depart, before any other lock

	mu         sync.Mutex
	attachment *string // as a serialized value; nil for none
	sentClose  bool    // the object has closed its half
	gotClose   bool    // the object has got the peer's Close, or the end of the connection
	aborted    bool    // the object gets no more events
	departed   bool    // the object has left this node, or does so while departing is held
	relay      *relay  // the connection since then, if it is on this node
	kept       func()  // begins the event that waits until the object has left this node; nil for none
	removed    bool
}

var (
	_ socketTransport = (*hibernatable)(nil)
	_ socketEvents    = (*hibernatable)(nil)
	_ offered         = (*hibernatable)(nil)
)

// maxHibernatables bounds the hibernatable WebSockets of an object.
const maxHibernatables = 32768

// objectSockets are the hibernatable WebSockets of an object, and how they are handled.
type objectSockets struct {
	autoResponse atomic.Pointer[script.AutoResponse] // nil for none
	eventTimeout atomic.Int64                        // the time in which their events must be handled, in ns; 0 means EventTimeout

	holding atomic.Bool // the object is about to leave this node: the next events wait

	mu          sync.Mutex
	first, last *hibernatable // in the order of acceptance, unless unordered is set
	count       int
	unordered   bool // a WebSocket that has come from another process was added after later ones
}

// add adds a WebSocket. It returns false if there are too many.
func (all *objectSockets) add(s *hibernatable) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.count >= maxHibernatables {
		return false
	}
	all.count++
	if all.last != nil && s.number > all.last.number {
		all.unordered = true
	}
	all.append(s)
	return true
}

// append adds a WebSocket at the end. mu is held.
func (all *objectSockets) append(s *hibernatable) {
	if s.previous = all.last; s.previous != nil {
		s.previous.next = s
	} else {
		all.first = s
	}
	all.last = s
}

// remove removes a WebSocket.
func (all *objectSockets) remove(s *hibernatable) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.count--
	if s.previous != nil {
		s.previous.next = s.next
	} else {
		all.first = s.next
	}
	if s.next != nil {
		s.next.previous = s.previous
	} else {
		all.last = s.previous
	}
	s.next, s.previous = nil, nil
}

// list returns the WebSockets, the oldest first.
func (all *objectSockets) list() []*hibernatable {
	all.mu.Lock()
	defer all.mu.Unlock()
	sockets := make([]*hibernatable, 0, all.count)
	for s := all.first; s != nil; s = s.next {
		sockets = append(sockets, s)
	}
	if all.unordered {
		all.order(sockets)
	}
	return sockets
}

// order puts the WebSockets, whose list is given, into the order of acceptance, in which their numbers fall. mu is held.
func (all *objectSockets) order(sockets []*hibernatable) {
	slices.SortFunc(sockets, func(a, b *hibernatable) int { return b.number - a.number })
	all.first, all.last, all.unordered = nil, nil, false
	for _, s := range sockets {
		s.next = nil
		all.append(s)
	}
}

// hibernatables has the hibernatable WebSockets of all objects by their numbers.
type hibernatables struct {
	mu       sync.Mutex
	byNumber map[int]*hibernatable
	last     int // the lowest number that was assigned; numbers are negative
}

// add assigns a number to a WebSocket.
func (all *hibernatables) add(s *hibernatable) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.byNumber == nil {
		all.byNumber = map[int]*hibernatable{}
	}
	all.last--
	s.number = all.last
	all.byNumber[s.number] = s
}

// lastNumber returns the number that was assigned last, 0 for none.
func (all *hibernatables) lastNumber() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.last
}

// reserve leaves the numbers down to last to WebSockets that come from another process.
func (all *hibernatables) reserve(last int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.last = min(all.last, last)
}

// insert adds a WebSocket that has come from another process with its number. It gets another one if that is in use.
func (all *hibernatables) insert(s *hibernatable) {
	all.mu.Lock()
	if all.byNumber == nil {
		all.byNumber = map[int]*hibernatable{}
	}
	inUse := s.number >= 0 || all.byNumber[s.number] != nil
	if !inUse {
		all.byNumber[s.number] = s
		all.last = min(all.last, s.number)
	}
	all.mu.Unlock()
	if inUse {
		all.add(s)
	}
}

// find returns the WebSocket with a number, nil if it has ended.
func (all *hibernatables) find(number int) *hibernatable {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.byNumber[number]
}

// list returns all WebSockets.
func (all *hibernatables) list() []*hibernatable {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Collect(maps.Values(all.byNumber))
}

func (all *hibernatables) remove(s *hibernatable) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.byNumber, s.number)
}

// hibernate adds a WebSocket to the object. Its connection is that of the offer with the number that hibernate returns. The error is a
// *[script.Throw].
func (o *object) hibernate(tags []string) (s *hibernatable, offer int, err error) {
	app := o.objects.app
	s = &hibernatable{object: o, tags: slices.Clone(tags)}
	app.objects.hibernatables.add(s)
	if !o.sockets.add(s) {
		app.objects.hibernatables.remove(s)
		return nil, 0, &script.Throw{Name: "Error", Message: fmt.Sprintf("only %d websockets can be accepted on a single Durable Object instance", maxHibernatables)}
	}
	offer, err = app.objects.offers.add(s, app.config().opts.EventTimeout)
	if err != nil {
		app.objects.hibernatables.remove(s)
		o.sockets.remove(s)
		return nil, 0, err
	}
	o.objects.use(o.ref) // until remove
	return s, offer, nil
}

// remove removes a WebSocket that has ended. A second call has no effect.
func (s *hibernatable) remove() {
	s.mu.Lock()
	removed := s.removed
	s.removed = true
	s.mu.Unlock()
	if !removed {
		s.object.objects.app.objects.hibernatables.remove(s)
		s.object.sockets.remove(s)
		s.object.done()
	}
}

// connect implements [offered].
func (s *hibernatable) connect(socket *linger.Socket) {
	s.object.objects.app.assignments.add(socket, &assignment{worker: s.object.worker, object: s})
	if !s.late.connect(socket) { // the object has left this node
		s.follow(socket)
	}
}

// expire implements [offered]: the WebSocket ends as if its connection was lost.
func (s *hibernatable) expire() {
	s.endWith(protocol.Status{Code: protocol.CloseAbnormal}, false, "", func() {})
}

// autoRespond sends the automatic response to a message, without the object, and reports whether there is one. It keeps its place among the
// messages of the connection.
func (s *hibernatable) autoRespond(p linger.Payload) bool {
	auto := s.object.sockets.autoResponse.Load()
	if auto == nil || p.Binary || string(p.Data) != auto.Request {
		return false
	}
	s.respondedAt.Store(time.Now().UnixMilli())
	s.send(linger.Text(auto.Response))
	return true
}

// transport returns what sends pass.
func (s *hibernatable) transport() gatedTransport { return gatedTransport{&s.late, &s.object.gate} }

func (s *hibernatable) send(p linger.Payload) { s.transport().send(p) }

func (s *hibernatable) close(code protocol.CloseCode, reason string) {
	if s.closeHalf() {
		s.transport().close(code, reason)
	}
}

func (s *hibernatable) closeEmpty() {
	if s.closeHalf() {
		s.transport().closeEmpty()
	}
}

func (s *hibernatable) answerClose() {
	if s.closeHalf() {
		s.transport().answerClose()
	}
}

func (s *hibernatable) closeNow()     { s.late.closeNow() }
func (s *hibernatable) buffered() int { return s.late.buffered() }

// closeHalf records that the object closes its half, and reports whether this is the first call.
func (s *hibernatable) closeHalf() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.sentClose
	s.sentClose = true
	return first
}

// halves reports whether the halves are open, according to the events that the object has got.
func (s *hibernatable) halves() (incoming, outgoing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.gotClose, !s.sentClose
}

// objectAborted is the reason in the Close frames for the peers of an object that was reset with ctx.abort.
const objectAborted = "the object was reset"

// abort closes the connection, without an event for the object.
func (s *hibernatable) abort() {
	s.mu.Lock()
	s.aborted = true
	s.mu.Unlock()
	s.late.close(protocol.CloseInternalError, objectAborted)
	s.remove()
}

// isAborted reports whether the object gets no more events of the WebSocket.
func (s *hibernatable) isAborted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aborted
}
