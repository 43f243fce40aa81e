package worker

import (
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// offered is a WebSocket of an object that waits for its connection.
type offered interface {
	connect(socket *linger.Socket) // sets the connection
	expire()                       // reports that there will be none
}

// offers are the other ends of WebSockets of objects that have no connection yet. A response of an object passes one on to the script that
// has sent the request. The script uses it in its own response, and so gives it the connection of a client, or accepts it.
type offers struct {
	mu       sync.Mutex
	byNumber map[int]*offer
	last     int // the highest number of an offer
}

// offer is an entry of offers.
type offer struct {
	target offered
	expiry *time.Timer
}

// maxOffers bounds the offers of an application.
const maxOffers = 65536

// add adds an offer, which must be passed on or used within the timeout, and returns its number. The error is a *[script.Throw].
func (all *offers) add(target offered, timeout time.Duration) (number int, err error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.byNumber) >= maxOffers {
		return 0, &script.Throw{Name: "Error", Message: "too many WebSockets of Durable Objects wait for their connections: return the other end of the pair in a response"}
	}
	if all.byNumber == nil {
		all.byNumber = map[int]*offer{}
	}
	all.last++
	number = all.last
	all.byNumber[number] = &offer{target, time.AfterFunc(timeout, func() { all.drop(number) })}
	return number, nil
}

// renew gives an offer that is passed on its whole time again, and reports whether there is one with this number.
func (all *offers) renew(number int, timeout time.Duration) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	o := all.byNumber[number]
	if o == nil || !o.expiry.Stop() {
		return false
	}
	o.expiry.Reset(timeout)
	return true
}

// take removes an offer and returns the WebSocket that gets the connection, nil if there is none.
func (all *offers) take(number int) offered {
	all.mu.Lock()
	defer all.mu.Unlock()
	o := all.byNumber[number]
	if o == nil {
		return nil
	}
	delete(all.byNumber, number)
	o.expiry.Stop()
	return o.target
}

// find returns the WebSocket of an offer, nil if there is none.
func (all *offers) find(number int) offered {
	all.mu.Lock()
	defer all.mu.Unlock()
	if o := all.byNumber[number]; o != nil {
		return o.target
	}
	return nil
}

// drop removes an offer that is not used.
func (all *offers) drop(number int) {
	if target := all.take(number); target != nil {
		target.expire()
	}
}

// offeredSocket is a WebSocket object of an instance in the response of an object.
type offeredSocket struct {
	app    *App
	worker *worker
	late   *lateSocket
	object *jsSocket
}

var _ offered = (*offeredSocket)(nil)

// connect implements [offered].
func (s *offeredSocket) connect(socket *linger.Socket) {
	s.object.socket = socket
	s.app.assignments.add(socket, &assignment{worker: s.worker, object: s.object})
	s.late.connect(socket)
}

// expire implements [offered].
func (s *offeredSocket) expire() {
	s.object.end(protocol.Status{Code: protocol.CloseAbnormal}, false, "the response with the WebSocket was not used", func() {})
}

// offerSocket answers the request of another script with a WebSocket object, and returns its number.
func (h *hostAPI) offerSocket(id int, e *event, header http.Header) (socket int, err error) {
	h.app.warnOfPairs()
	late := &lateSocket{}
	s := &offeredSocket{app: h.app, worker: h.worker, late: late}
	var transport socketTransport = late
	if e.object != nil {
		transport = gatedTransport{late, &e.object.gate}
	}
	s.object = h.sockets.addObject(transport, nil)
	number, err := h.app.objects.offers.add(s, h.generation.opts.EventTimeout)
	if err != nil {
		s.object.remove()
		return 0, err
	}
	h.respondWithOffer(id, e, number, header)
	return s.object.number, nil
}

// AcceptOffer implements [script.ObjectSocketCalls].
func (h *hostAPI) AcceptOffer(id, number int, subprotocol string, header http.Header) (bool, error) {
	e := h.events.get(id)
	switch {
	case e == nil:
		return false, nil
	case e.internal:
		if !h.app.objects.offers.renew(number, h.generation.opts.EventTimeout) {
			return false, offerGone()
		}
		h.respondWithOffer(id, e, number, header)
		return true, nil
	}
	target := h.app.objects.offers.take(number)
	if target == nil {
		return false, offerGone()
	}
	socket, err := acceptUpgrade(e, linger.AcceptOptions{
		Subprotocol: subprotocol,
		Header:      header,
		HalfOpen:    true, // the object decides later whether it answers the peer's Close
	})
	if socket == nil {
		target.expire()
		return false, err
	}
	target.connect(socket)
	return true, nil
}

// offerGone is the error for an offer that has expired.
func offerGone() error {
	return &script.Throw{Name: "Error", Message: "the WebSocket of the Durable Object was not used in time, or was used already"}
}

// respondWithOffer answers the request of another script with an offer.
func (h *hostAPI) respondWithOffer(id int, e *event, number int, header http.Header) {
	e.response = &response{status: http.StatusSwitchingProtocols, header: header, offer: number}
	h.caller.endEvent(id)
}
