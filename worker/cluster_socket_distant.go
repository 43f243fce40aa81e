package worker

import (
	"errors"
	"sync"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/ordered"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// distant is the connection of another node as the transport of a WebSocket whose object is here. It passes the events of the connection to the
// WebSocket, one at a time, and reports which of them have begun.
type distant struct {
	all    *clusterSockets
	link   uint64
	id     uint64 // identifies the connection for all owners
	stream *ordered.Stream

	mu       sync.Mutex
	socket   distantEvents   // nil until begin
	waiting  []*socketRecord // the events that have not been passed on
	bytes    int             // their size
	passing  bool            // an event was passed on and is not complete
	number   uint64          // of the event that was passed on last
	begun    uint64          // of the event that has begun last
	ended    bool            // the terminal event was passed on
	left     bool            // the connection is not attached any more: nothing is sent, and no event is passed on
	sent     uint64          // the bytes of messages
	taken    uint64          // how many of them have left the send queue of the connection
	bound    uint64          // the size of that queue
	slow     bool            // the connection was closed, because it reads too slowly
	redirect *lateSocket     // gets what is sent after the connection was suspended; nil for none
}

var _ socketTransport = (*distant)(nil)

// distantEvents is a WebSocket that gets the events of a distant, one at a time. begun is called when the object begins the event, done when it is
// complete.
type distantEvents interface {
	receiveDistant(p linger.Payload, begun, done func())
	peerCloseDistant(status protocol.Status, begun, done func())
	closedDistant(end distantEnd, begun, done func())
}

// distantEnd is the end of a connection.
type distantEnd struct {
	status  protocol.Status
	clean   bool
	failure string
}

// addDistant adds the connection of a record. It refuses it and returns nil if there are too many, or if the object has got the end of the connection.
func (all *clusterSockets) addDistant(s *ordered.Stream, r *socketRecord) *distant {
	d := &distant{all: all, link: r.link, id: r.id, stream: s, bound: r.bound}
	all.mu.Lock()
	refused := len(all.distants) >= maxDistants || all.distants[r.link] != nil || all.former.has(r.id)
	if !refused {
		all.distants[r.link] = d
	}
	all.mu.Unlock()
	if refused {
		all.send(s, &socketRecord{kind: socketRefused, link: r.link})
		all.report("connection of another node refused: its object has got the close event already, or there are too many connections", "node", s.Node(), "limit", maxDistants)
		return nil
	}
	s.Use()
	if s.Ended() { // it may have ended before the connection was added
		go all.lost(s)
	}
	return d
}

// isOn reports whether the connection is attached through a stream.
func (d *distant) isOn(s *ordered.Stream) bool { return d.stream == s }

// begin passes events to a WebSocket from now on. record is sent to the node of the connection.
func (d *distant) begin(socket distantEvents, record *socketRecord) {
	record.link = d.link
	d.mu.Lock()
	d.socket = socket
	d.sendLocked(record)
	left := d.left
	d.mu.Unlock()
	if left {
		d.endLost() // the node of the connection was lost before
		return
	}
	d.deliver()
}

// sendLocked sends a record, unless the connection is not attached any more. mu is held, which keeps the order.
func (d *distant) sendLocked(record *socketRecord) bool {
	record.link = d.link
	return d.left || d.all.send(d.stream, record)
}

// handle handles a record of the node of the connection.
func (d *distant) handle(r *socketRecord) {
	switch r.kind {
	case socketTaken:
		d.mu.Lock()
		d.taken = max(d.taken, min(r.number, d.sent))
		d.mu.Unlock()
	case socketResponded:
		d.mu.Lock()
		s, _ := d.socket.(*hibernatable)
		d.mu.Unlock()
		if s != nil && r.number < 1<<53 {
			s.respondedAt.Store(int64(r.number)) //nolint:gosec // checked
		}
	case socketSuspend:
		d.suspend()
	case socketMessage, socketPeerClose, socketEnd:
		d.all.counts.received.Add(1)
		if !d.add(r) {
			d.all.report("connection of another node refused: that node has sent more events than the bound allows", "node", d.stream.Node())
			d.refuse()
			d.endLost()
			return
		}
		d.deliver()
	}
}

// add adds an event to those that wait. It returns false if they are more than the other node may send.
func (d *distant) add(r *socketRecord) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) > maxSentEvents || len(d.waiting) > 0 && d.bytes > maxSentBytes {
		return false
	}
	if !d.left && !d.ended {
		d.waiting = append(d.waiting, r)
		d.bytes += len(r.payload)
	}
	return true
}

// deliver passes the next event on, if none is in progress.
func (d *distant) deliver() {
	d.mu.Lock()
	if d.passing || d.left || d.socket == nil || len(d.waiting) == 0 || d.isHeld() {
		d.mu.Unlock()
		return
	}
	r := d.waiting[0]
	d.waiting[0] = nil
	if d.waiting = d.waiting[1:]; len(d.waiting) == 0 {
		d.waiting = nil
	}
	d.bytes -= len(r.payload)
	d.passing = true
	d.ended = r.kind == socketEnd
	d.number++
	number := d.number
	d.mu.Unlock()
	passDistant(d.socket, r, func() { d.reportBegun(number) }, func() { d.complete(r, number) })
}

// isHeld reports whether the object is about to leave this node. mu is held.
func (d *distant) isHeld() bool {
	s, ok := d.socket.(*hibernatable)
	return ok && s.object.sockets.holding.Load()
}

// passDistant passes an event to a WebSocket.
func passDistant(s distantEvents, r *socketRecord, begun, done func()) {
	switch r.kind {
	case socketMessage:
		s.receiveDistant(linger.Payload{Data: r.payload, Binary: r.binary}, begun, done)
	case socketPeerClose:
		s.peerCloseDistant(r.status, begun, done)
	default:
		s.closedDistant(distantEnd{r.status, r.clean, r.failure}, begun, done)
	}
}

// reportBegun reports that the object begins an event.
func (d *distant) reportBegun(number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if number > d.begun && !d.left {
		d.begun = number
		d.sendLocked(&socketRecord{kind: socketBegun, number: number})
	}
}

// complete goes on after an event.
func (d *distant) complete(r *socketRecord, number uint64) {
	if r.kind == socketEnd {
		d.reportBegun(number)
		d.leave()
		return
	}
	d.mu.Lock()
	d.passing = false
	d.mu.Unlock()
	d.deliver()
}

// leave forgets the connection: nothing more is sent to it, and no event of it is passed on. It reports whether this is the first call.
func (d *distant) leave() bool {
	d.mu.Lock()
	first := !d.left
	d.left, d.waiting, d.bytes = true, nil, 0
	d.mu.Unlock()
	if first {
		d.all.mu.Lock()
		if d.all.distants[d.link] == d {
			delete(d.all.distants, d.link)
		}
		d.all.mu.Unlock()
		d.stream.Done()
	}
	return first
}

// refuse notifies the node of the connection that there is no WebSocket for it.
func (d *distant) refuse() {
	d.mu.Lock()
	d.sendLocked(&socketRecord{kind: socketRefused})
	d.mu.Unlock()
	d.leave()
}

// detach gives the connection up, because the object is not on this node any more. The node of the connection looks for the next owner.
func (d *distant) detach() {
	d.mu.Lock()
	d.sendLocked(&socketRecord{kind: socketDetach, number: d.begun})
	d.mu.Unlock()
	d.leave()
}

// disconnect ends the WebSocket, because the node of the connection does not answer any more.
func (d *distant) disconnect() {
	if d.leave() {
		d.endLost()
	}
}

// endLost passes the end of the connection to the WebSocket, unless there is none yet or it has got the end. The connection is not attached any more.
func (d *distant) endLost() {
	d.mu.Lock()
	socket, ended := d.socket, d.ended
	d.ended = ended || socket != nil
	d.mu.Unlock()
	if socket == nil || ended {
		return
	}
	d.all.mu.Lock()
	d.all.former.add(d.id)
	d.all.mu.Unlock()
	lost := distantEnd{status: protocol.Status{Code: protocol.CloseAbnormal}, failure: socketNodeLost}
	if _, ok := socket.(*hibernatable); ok {
		lost.failure = "" // it was not the peer's fault
	}
	socket.closedDistant(lost, func() {}, func() {})
}

// hasLeft reports whether the connection is not attached any more.
func (d *distant) hasLeft() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left
}

// socketNodeLost is the failure of a WebSocket object whose connection is on a node that does not answer.
const socketNodeLost = "Network connection lost: the node of the connection does not answer"

// send implements socketTransport. If the send queue of the connection is full, the policy applies.
func (d *distant) send(p linger.Payload) {
	opts := &d.all.app.config().opts.Server
	d.mu.Lock()
	if late := d.redirect; late != nil {
		d.mu.Unlock()
		late.send(p)
		return
	}
	defer d.mu.Unlock()
	full := d.sent-d.taken > d.bound+maxSentBytes
	if !full {
		d.sent += uint64(len(p.Data))
		full = !d.sendLocked(&socketRecord{kind: socketSend, payload: p.Data, binary: p.Binary})
	}
	if full && opts.Policy != linger.PolicyDrop {
		if !d.slow {
			d.slow = true
			d.all.counts.tooSlow.Add(1)
		}
		d.sendLocked(&socketRecord{kind: socketClose, status: protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "reading too slowly"}})
	}
}

// operate sends an operation. again does the same to another transport.
func (d *distant) operate(r *socketRecord, again func(t socketTransport)) {
	d.mu.Lock()
	late := d.redirect
	if late == nil {
		d.sendLocked(r)
	}
	d.mu.Unlock()
	if late != nil {
		again(late)
	}
}

func (d *distant) close(code protocol.CloseCode, reason string) {
	r := &socketRecord{kind: socketClose, status: protocol.Status{Code: code, Reason: reason}}
	d.operate(r, func(t socketTransport) { t.close(code, reason) })
}

func (d *distant) closeEmpty() {
	d.operate(&socketRecord{kind: socketCloseEmpty}, socketTransport.closeEmpty)
}

func (d *distant) answerClose() {
	d.operate(&socketRecord{kind: socketAnswerClose}, socketTransport.answerClose)
}

func (d *distant) closeNow() {
	d.operate(&socketRecord{kind: socketCloseNow}, socketTransport.closeNow)
}

// setAttachment sends a new attachment to the node of the connection, for the next owner.
func (d *distant) setAttachment(text string) {
	d.operate(&socketRecord{kind: socketAttachment, payload: []byte(text)}, func(socketTransport) {})
}

// buffered implements socketTransport. What the other node has not reported yet counts as buffered.
func (d *distant) buffered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int(d.sent - d.taken) //nolint:gosec // bounded by send
}

// attach gives a connection, whose last owner has ended or has given it up, to its object.
func (all *clusterSockets) attach(s *ordered.Stream, r *socketRecord) {
	d := all.addDistant(s, r)
	if d == nil {
		return
	}
	if s := all.takeSuspended(r.id); s != nil {
		s.connectDistant(d)
		return
	}
	m, err := readMovedSocket(r.state)
	if err != nil || m.kind != kindHibernatable || !all.app.isObject(m.object) {
		all.drop(s.Node(), errors.Join(errNoState, err))
		d.refuse()
		return
	}
	all.acquire(attachment{d, m})
}

// errNoState is the error of a record without the state of a WebSocket.
var errNoState = errors.New("the connection has no state of a hibernatable WebSocket, or that of an object that the application does not have")

// attachment is a connection that waits until this node has its object.
type attachment struct {
	distant *distant
	state   *movedSocket
}

// acquire accepts a connection when this node has the object, if it gets it.
func (all *clusterSockets) acquire(a attachment) {
	key := objectKey{a.state.object.Class, a.state.object.ID}
	all.mu.Lock()
	waiting := all.acquiring[key]
	all.acquiring[key] = append(waiting, a)
	all.mu.Unlock()
	if len(waiting) > 0 {
		return
	}
	go func() {
		node, err := all.ownerOf(a.state.object)
		all.mu.Lock()
		waiting := all.acquiring[key]
		delete(all.acquiring, key)
		all.mu.Unlock()
		for _, a := range waiting {
			if err != nil || node != all.cluster.Node() {
				a.distant.detach()
				continue
			}
			all.accept(a)
		}
	}()
}

// accept attaches a connection to its object, which is on this node.
func (all *clusterSockets) accept(a attachment) {
	if a.distant.hasLeft() { // its node was lost, and attaches it again if it can
		return
	}
	if _, ok := all.owners.holds(a.state.object); !ok {
		a.distant.detach()
		return
	}
	s, err := all.app.objects.importSocket(a.state)
	if err != nil {
		all.report("connection of another node refused", "node", a.distant.stream.Node(), "error", err)
		a.distant.refuse()
		return
	}
	s.connectDistant(a.distant)
}

// formerConnections has the last connections whose end objects have got because their node did not answer. They are not attached again.
type formerConnections struct {
	ids   map[uint64]struct{}
	order []uint64 // the oldest is at next
	next  int
}

// maxFormerConnections bounds the connections in formerConnections.
const maxFormerConnections = 65536

func (f *formerConnections) has(id uint64) bool {
	_, ok := f.ids[id]
	return ok
}

func (f *formerConnections) add(id uint64) {
	if f.ids == nil {
		f.ids = map[uint64]struct{}{}
	}
	f.ids[id] = struct{}{}
	if len(f.order) < maxFormerConnections {
		f.order = append(f.order, id)
		return
	}
	delete(f.ids, f.order[f.next])
	f.order[f.next] = id
	f.next = (f.next + 1) % maxFormerConnections
}

// settingsRecord returns the settings of an object's WebSockets as a record.
func (o *object) settingsRecord(kind socketRecordKind) *socketRecord {
	return &socketRecord{
		kind: kind, auto: o.sockets.autoResponse.Load(), timeout: uint64(o.sockets.eventTimeout.Load()), //nolint:gosec // not negative
	}
}

// shareSettings sends the settings of the object's WebSockets to the nodes that have connections of them.
func (o *object) shareSettings() {
	all := o.objects.app.sockets
	if all == nil {
		return
	}
	shared := map[*ordered.Stream]struct{}{}
	for _, s := range o.sockets.list() {
		if d := s.late.distantConnection(); d != nil {
			shared[d.stream] = struct{}{}
		}
	}
	for stream := range shared {
		record := o.settingsRecord(socketSettings)
		record.object = script.ObjectRef{Class: o.ref.Class, ID: o.ref.ID}
		all.send(stream, record)
	}
}
