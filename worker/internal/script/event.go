package script

import (
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// Event is something that a worker passes to an application with [Runtime.Dispatch].
type Event interface{ isEvent() }

// Lifecycle is the install or the activate event.
type Lifecycle struct{ Kind string } // "install" or "activate"

// Check is an event without an effect for the application, which a Runtime in another process handles when the application does not
// compute. See [Runtime.Handled].
type Check struct{}

// Scheduled is an event at a time of a cron.
type Scheduled struct {
	Cron string
	Time time.Time
}

// Request is an HTTP request: a fetch event, or an upgrade event with Upgrade. The Host answers it with Accept,
// AcceptSocket, Respond or RefusePlain.
type Request struct {
	Upgrade     bool // the request asks for a WebSocket
	Method, URL string
	Header      Header
	Body        []byte // the whole body; nil if the request has none, or Received
	Received    int    // the number of a body that has not arrived completely; 0 for none
}

// Body is the body of a response or of the request of a fetch. The zero value is no body.
type Body struct {
	Content  []byte // a complete body
	Received int    // the number of a received body that is passed on; 0 for none
	Decode   bool   // the content codings of Received are undone
	Notify   bool   // a BodyChunk event with End reports that Received has ended; until then CancelBody applies to it
	Written  int    // the number that the script has given to a body that it writes with [Calls.WriteBody]; 0 for none
}

// BodyChunk is a part of a received body, or the whole of it.
type BodyChunk struct {
	Body    int
	Data    []byte
	End     bool   // nothing follows Data
	Failure *Throw // why the rest does not arrive; nil if nothing failed
}

// BodyRoom reports that the next chunk of a body may be written.
type BodyRoom struct{ Body int }

// BodyCancelled reports that the rest of a body that the script writes is not needed.
type BodyCancelled struct {
	Body   int
	Reason string
}

// Disconnected reports that the client of a request has disconnected. See [Calls.Watch].
type Disconnected struct{ Event int }

// Message is a message of a connection.
type Message struct {
	Connection string // the id of the connection
	Payload    linger.Payload

	// Following are the messages that follow it, if the Runtime takes a series of messages: each begins when the listeners to the last
	// one are done, and the event is done when those to all are.
	Following []linger.Payload
}

// PeerClose is the peer's Close on a connection in half-open mode.
type PeerClose struct {
	Connection string
	Status     protocol.Status
}

// Drain reports that the send queue of a connection is empty again.
type Drain struct{ Connection string }

// Close is the terminal event of a connection.
type Close struct {
	Connection     string
	Received, Sent protocol.Status
	Clean          bool
	Initiator      string // "local" or "remote"
	Cause          string
	Violation      string // the identifier of the violation; "" for none
}

// SocketOpen reports that the connection of a WebSocket object of [Requests.Connect] is open.
type SocketOpen struct {
	Socket                  int // the number of the WebSocket object
	Subprotocol, Extensions string
}

// SocketMessage is a message for a WebSocket object.
type SocketMessage struct {
	Socket  int
	Payload linger.Payload
}

// SocketClose is the peer's Close for a WebSocket object, while its own half is open.
type SocketClose struct {
	Socket int
	Status protocol.Status
}

// SocketEnd is the last event of a WebSocket object.
type SocketEnd struct {
	Socket   int
	Received protocol.Status
	Clean    bool
	Failure  string // what went wrong; "" if nothing did
}

// Fetched is the answer to a [Requests.Fetch].
type Fetched struct {
	Number   int           // the number that the script has given to the fetch
	Failure  string        // why there is no answer; "" if there is one
	Flags    []string      // the names of the properties that are true of the error for Failure
	Thrown   string        // the exception of the object that was to answer, as a serialized value; "" for none
	Answer   *fetch.Answer // nil with a Failure; its Body belongs to the Host
	Body     []byte        // the whole body; nil if there is none, or Received
	Received int           // the number of a body that has not arrived completely; 0 for none
	Socket   int           // the number of the WebSocket object if the answer is one; otherwise 0
	Offer    int           // the number of the offer if the answer is a WebSocket of an object; otherwise 0
}

// Timer is the expiry of a timer of [Calls.SetTimer].
type Timer struct{ ID int }

// Post is a message that was posted to a BroadcastChannel in another Runtime.
type Post struct {
	Channel string
	Kind    PostKind
	Text    string // a TextPost: the string; a ClonePost: the serialized value
	Bytes   []byte // a BytesPost: the content
}

// PostKind is the form of the value in a Post.
type PostKind int

// The kinds of posts.
const (
	TextPost  PostKind = iota // a string
	BytesPost                 // an ArrayBuffer or a view of one
	ClonePost                 // another value, serialized as text
)

// Size returns the approximate number of bytes of a post.
func (p *Post) Size() int64 { return int64(len(p.Channel) + len(p.Text) + len(p.Bytes)) }

func (*Lifecycle) isEvent()     {}
func (Check) isEvent()          {}
func (*Scheduled) isEvent()     {}
func (*Request) isEvent()       {}
func (*Message) isEvent()       {}
func (*PeerClose) isEvent()     {}
func (*Drain) isEvent()         {}
func (*Close) isEvent()         {}
func (*SocketOpen) isEvent()    {}
func (*SocketMessage) isEvent() {}
func (*SocketClose) isEvent()   {}
func (*SocketEnd) isEvent()     {}
func (*Fetched) isEvent()       {}
func (*BodyChunk) isEvent()     {}
func (*BodyRoom) isEvent()      {}
func (*BodyCancelled) isEvent() {}
func (*Disconnected) isEvent()  {}
func (*Timer) isEvent()         {}
func (*Post) isEvent()          {}
