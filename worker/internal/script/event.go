package script

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// Event is something that a worker passes to an application with [Runtime.Dispatch].
type Event interface{ isEvent() }

// Lifecycle is the install or the activate event.
type Lifecycle struct{ Kind string } // "install" or "activate"

// Request is an HTTP request: a fetch event, or an upgrade event with Upgrade. The Host answers it with Accept,
// AcceptSocket, Respond or RefusePlain.
type Request struct {
	Upgrade     bool // the request asks for a WebSocket
	Method, URL string
	Header      Header
	Body        []byte // the whole body; nil if the request has none
}

// Message is a message of a connection.
type Message struct {
	Connection string // the id of the connection
	Payload    linger.Payload
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
	Number  int           // the number that the script has given to the fetch
	Failure string        // why there is no answer; "" if there is one
	Answer  *fetch.Answer // nil with a Failure
	Socket  int           // the number of the WebSocket object if the answer is one; otherwise 0
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
func (*Timer) isEvent()         {}
func (*Post) isEvent()          {}
