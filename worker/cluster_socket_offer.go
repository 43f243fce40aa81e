package worker

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/ordered"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// The fields of an offer that goes to another node in a response.
const (
	offerNode   = 1
	offerNumber = 2
	offerState  = 3 // of a hibernatable WebSocket, as for a hand-over; missing for another one
)

// maxOffer bounds an offer of another node, in bytes: it has the tags and the attachment of a WebSocket, and is kept until it is used.
const maxOffer = 64 << 10

var errOffer = errors.New("the offer of a WebSocket is malformed, too large, or for an object that the application does not have")

// distantTarget is a WebSocket of an object that can get the connection of another node.
type distantTarget interface {
	offered
	connectDistant(d *distant)
}

// exportOffer returns an offer for another node, nil if it has expired.
func (a *App) exportOffer(number int) []byte {
	all := &a.objects.offers
	if !all.renew(number, a.config().opts.EventTimeout) {
		return nil
	}
	switch target := all.find(number).(type) {
	case *relayedOffer: // it has come from another node: that one will be asked
		all.take(number)
		return target.record
	case *hibernatable:
		return wire.AppendBytes(a.appendOffer(number), offerState, target.appendState(nil))
	case distantTarget:
		return a.appendOffer(number)
	}
	return nil
}

// appendOffer returns the fields that all offers have.
func (a *App) appendOffer(number int) []byte {
	b := wire.AppendString(nil, offerNode, a.server.Node())
	return wire.AppendUint(b, offerNumber, uint64(number)) //nolint:gosec // not negative
}

// importOffer adds an offer of another node, from whose response it comes, and returns its number here.
func (a *App) importOffer(record []byte, from string) (number int, err error) {
	o := &relayedOffer{app: a, node: from, record: record}
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok && err == nil; field, ok = r.Next() {
		switch field {
		case offerNode:
			o.node = r.String()
		case offerNumber:
			o.number = r.Uint()
		case offerState:
			o.state, err = readMovedSocket(r.Bytes())
		}
	}
	switch {
	case r.Err() != nil || err != nil:
		return 0, errors.Join(errOffer, r.Err(), err)
	case o.number == 0, o.number > 1<<53, !ident.IsNode(o.node), len(record) > maxOffer, o.state != nil && !a.isObject(o.state.object):
		return 0, fmt.Errorf("node %s: %w", from, errOffer)
	case o.node == a.server.Node(): // it was made by this node
		return int(o.number), nil //nolint:gosec // checked
	}
	number, err = a.objects.offers.add(o, a.config().opts.EventTimeout)
	if err != nil {
		o.expire()
	}
	return number, err
}

// relayedOffer is an offer of another node.
type relayedOffer struct {
	app    *App
	node   string
	number uint64
	state  *movedSocket // nil for a WebSocket that is not hibernatable
	record []byte
}

var _ offered = (*relayedOffer)(nil)

// connect implements [offered].
func (o *relayedOffer) connect(socket *linger.Socket) {
	all := o.app.sockets
	r := all.newRelay(socket, o.state)
	o.app.assignments.add(socket, &assignment{worker: r.worker, object: r})
	r.connect(o.node, o.number)
}

// expire implements [offered].
func (o *relayedOffer) expire() {
	all := o.app.sockets
	all.send(all.mesh.Stream(o.node), &socketRecord{kind: socketDrop, number: o.number})
}

// newLink returns a number for a connection.
func newLink() uint64 { return rand.Uint64()>>1 + 1 } //nolint:gosec // it identifies, and protects nothing

// connect gives the connection of another node to the WebSocket of an offer.
func (all *clusterSockets) connect(s *ordered.Stream, r *socketRecord) {
	target, ok := all.app.objects.offers.take(int(r.number)).(distantTarget) //nolint:gosec // a number of this process, or unknown
	d := all.addDistant(s, r)
	switch {
	case d == nil && ok:
		target.expire()
	case d == nil:
	case !ok:
		d.refuse()
	default:
		target.connectDistant(d)
	}
}

// connectDistant implements distantTarget.
func (s *offeredSocket) connectDistant(d *distant) {
	d.begin(&distantObject{s.object}, &socketRecord{kind: socketAttached})
	s.late.connectDistant(d)
}

// distantObject is a WebSocket object of an instance whose connection is on another node. It ends with the instance, so its events are reported as begun
// when they are complete.
type distantObject struct{ *jsSocket }

var _ distantEvents = (*distantObject)(nil)

func (o *distantObject) receiveDistant(p linger.Payload, begun, done func()) {
	o.message(p, func() { begun(); done() })
}

func (o *distantObject) peerCloseDistant(status protocol.Status, begun, done func()) {
	o.peerClose(status, func() { begun(); done() })
}

func (o *distantObject) closedDistant(end distantEnd, begun, done func()) {
	o.end(end.status, end.clean, end.failure, func() { begun(); done() })
}
