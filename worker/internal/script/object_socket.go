package script

import (
	"net/http"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// HibernatableMessage is a message for a hibernatable WebSocket of an object. A Runtime constructs the object before its first event, with the names
// that [ObjectCalls.ObjectNames] returns.
type HibernatableMessage struct {
	Object  int
	Socket  int
	Payload linger.Payload
}

// HibernatableClose is the peer's Close for a hibernatable WebSocket of an object, or the end of its connection.
type HibernatableClose struct {
	Object    int
	Socket    int
	Status    protocol.Status
	Clean     bool
	Violation string // how the peer has broken a rule of the protocol; "" if it has not
}

func (*HibernatableMessage) isEvent() {}
func (*HibernatableClose) isEvent()   {}

// AutoResponse is a text message, and the response that is sent to it without an event.
type AutoResponse struct{ Request, Response string }

// ObjectSocketCalls are the calls about WebSockets of Durable Objects. A hibernatable WebSocket belongs to its object and not to a Runtime. It has
// a negative number, which is the same in every Runtime, and for which the calls for WebSocket objects work too.
type ObjectSocketCalls interface {
	// Hibernate makes a hibernatable WebSocket for an object. offer is the number of the other end, for [ObjectSocketCalls.AcceptOffer] or
	// [ObjectSocketCalls.ConnectOffer].
	Hibernate(object int, tags []string) (socket, offer int, err error)

	// Hibernatables returns the numbers of the hibernatable WebSockets of an object whose halves are not both closed, the oldest first. With tagged they
	// are those that have tag.
	Hibernatables(object int, tag string, tagged bool) []int

	// Halves reports which halves of a hibernatable WebSocket are open.
	Halves(socket int) (incoming, outgoing bool)
	Tags(socket int) []string

	// Attachment returns the text of the last SetAttachment, and false if there is none.
	Attachment(socket int) (string, bool)
	SetAttachment(socket int, text string)

	// SetObjectAutoResponse sets a message for the hibernatable WebSockets of an object, and the response that is sent to it without an event.
	// nil means none.
	SetObjectAutoResponse(object int, response *AutoResponse)
	ObjectAutoResponse(object int) *AutoResponse
	AutoResponseTime(socket int) time.Time // returns the time of the last automatic response; the zero Time if there was none

	// SetSocketEventTimeout sets the time in which the events of the hibernatable WebSockets of an object must be handled; 0 means the default.
	SetSocketEventTimeout(object int, timeout time.Duration)
	SocketEventTimeout(object int) time.Duration

	// AbortSockets closes the hibernatable WebSockets of an object, without an event.
	AbortSockets(object int)

	// AcceptOffer gives the connection of the upgrade request of an event to the WebSocket of an offer. A request to an object is answered with
	// the offer. AcceptOffer reports false if the event has ended or its request was answered.
	AcceptOffer(event, offer int, subprotocol string, header http.Header) (bool, error)

	// ConnectOffer connects a new WebSocket object with the WebSocket of an offer, and returns its number. from is the number of the object
	// that connects it, 0 for none.
	ConnectOffer(offer, from int) (socket int)
}
