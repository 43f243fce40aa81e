package script

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// Host is implemented by a worker: it has the functions that an application may call, and those with which a Runtime
// reports what happened in the application. Its methods do not block. Except for Enqueue they may be called only by the
// goroutine that uses the Runtime.
type Host interface {
	Calls
	Requests
	ClusterRequests
	Observer
	ObjectCalls
	ObjectRequests
	References
	ObjectSocketCalls
	StorageCalls
	KVRequests
	D1Requests

	// Enqueue queues turn to be run, as a turn, on the goroutine that uses the Runtime, and returns at once. If that
	// goroutine ends first, turn is dropped. Any goroutine may call Enqueue.
	Enqueue(turn func() error)

	// Compute calls work, which may take long, on another goroutine, and then queues turn as Enqueue does. It returns at
	// once. Several computations may run at the same time. If the goroutine that uses the Runtime ends first, ctx is
	// cancelled, work may not be called, and turn is dropped. ctx also ends if work takes too long, with a cause whose text
	// is for the script. size is the number of bytes that work needs. The error, whose
	// text is for the script, means that too much is in progress.
	Compute(size int64, work func(ctx context.Context), turn func() error) error
}

// Calls return a value, or nothing, to the script at once: the script continues with the result. An error that is a *[Throw]
// is thrown there. A call about an event or a connection that has ended has no effect.
type Calls interface {
	// Accept accepts the upgrade request of an event and returns the id of the connection. The id is "" if the event
	// has ended or its request was answered. closeAtReload closes the connection at the next reload.
	Accept(event int, opts linger.AcceptOptions, closeAtReload bool) (id string, err error)

	// AcceptSocket accepts the upgrade request of an event for a WebSocket object, and returns the number of the object. A request
	// to an object is answered with an offer of the WebSocket, which gets the connection that is made of it later.
	// The number is 0 if the event has ended or its request was answered.
	AcceptSocket(event int, subprotocol string, header http.Header) (socket int, err error)

	// Respond answers the request of an event and ends the event. It reports false, and has no effect, if the event has ended.
	Respond(event, status int, header http.Header, body Body) bool

	// RefusePlain answers a plain request with 426 and ends the event. The reason is that the application has answered
	// with a WebSocket if socket is true; otherwise, that it has no listener to fetch events.
	RefusePlain(event int, socket bool)

	// TraceContext returns the trace context of an event's span, as the values of traceparent and tracestate; "" if it has none.
	TraceContext(event int) (parent, state string)

	// Done ends an event whose listeners are done.
	Done(event int)
	// Watch requests a Disconnected event if the client of the request of an event disconnects before the response is
	// complete. It reports whether the client has already disconnected.
	Watch(event int) bool

	// WriteBody appends a chunk to a body that the script writes, and reports whether the next one may follow. If not, a
	// BodyRoom event reports it later. EndBody ends the body. AbortBody ends it as incomplete.
	WriteBody(body int, chunk []byte) bool
	EndBody(body int)
	AbortBody(body int)
	CancelBody(body int) // discards the rest of a received body

	Send(connection string, p linger.Payload) error // keeps neither the text of the id nor the payload
	Together(connection string, send func())        // calls send, and lets what it sends to the connection leave in one write
	State(connection string) protocol.State
	Present(connection string) (protocol.State, string) // returns State and Data
	Buffered(connection string) int                     // returns the number of bytes in the send queue
	Facts(connection string) (Facts, bool)              // reports false if the connection has ended
	Header(connection string) (Header, bool)            // returns the header of the opening handshake; false if the connection has ended
	Data(connection string) string                      // returns the text of the last SetData; "" if there is none
	SetData(connection, data string) error              // stores a text that begins with S for a string or with J for JSON
	Subscribe(connection, channel string) error         // makes the connection a subscriber of the channel
	Unsubscribe(connection, channel string)             // ends a subscription
	Join(connection, channel, data string) error        // makes the connection a subscriber, and a member of the channel's presence; data is a text as that of SetData
	Connections(channel string) []string                // returns the ids of the subscribers of a channel; for "", those of all connections
	Count(channel string) int                           // returns the number of ids that Connections returns

	// Close starts the closing handshake, or answers the peer's Close. discard drops the messages in the send queue.
	Close(connection string, code protocol.CloseCode, reason string, discard bool) error

	// SetAutoResponse sets a message, and the response that is sent to it without an event for the application.
	SetAutoResponse(request, response string) error

	// Publish sends a message to the subscribers of a channel, except for the connections in except, and returns the
	// number of connections it was sent to.
	Publish(channel string, p linger.Payload, except []string) (int, error)

	// PublishHere sends a message to the subscribers of a channel on this node, and returns the number of connections it was sent to.
	PublishHere(channel string, p linger.Payload) (int, error)

	SocketSend(socket int, p linger.Payload)
	SocketClose(socket int, code protocol.CloseCode, reason string)
	SocketCloseEmpty(socket int)   // starts the closing handshake with a Close without a code
	SocketAnswerClose(socket int)  // answers the peer's Close with its code and reason
	SocketAbort(socket int)        // closes without a closing handshake, open or not
	SocketBuffered(socket int) int // returns the number of bytes in the send queue

	// Post sends a value that was posted to a BroadcastChannel to the subscribers of the channel of the same name, and
	// to the other Runtimes that listen to the channel.
	Post(p *Post)
	Listen(channel string, on bool) // starts or stops the delivery of posts of other Runtimes

	// SetTimer requests a Timer event after delay, or repeatedly. Ids are positive.
	SetTimer(id int, delay time.Duration, repeat bool)
	ClearTimer(id int)

	// Console prints a text of the application without its line end.
	Console(level slog.Level, text string)
}

// Requests are answered later, with an event for the Runtime. A call only starts the request.
type Requests interface {
	// Fetch sends a request. The answer is a [Fetched] event with the same number. body is the body of the request if r has
	// none; its Content is not used. from is the number of the object that sends the request, 0 for none.
	Fetch(number, from int, r *fetch.Request, body Body) error
	// FetchAsset sends a request to the application's static files. The answer is a [Fetched] event.
	FetchAsset(number int, r *fetch.Request) error
	CancelFetch(number int) // cancels a fetch, which then has no Fetched event
	// ReadBody returns the next chunk of a received body, or the whole body. If the result is nil, the chunk follows in a
	// BodyChunk event. A body has one reader at a time.
	ReadBody(body int, whole bool) *BodyChunk

	// Connect starts to open a WebSocket object and returns its number. The answer is a [SocketOpen] or a [SocketEnd]
	// event. from is the number of the object that opens it, 0 for none.
	Connect(url string, subprotocols []string, from int) (socket int)

	// Extend adds n to the number of promises of waitUntil that are not settled; n is negative when promises settle.
	Extend(n int)
}

// Observer receives reports for the log about what goes wrong in an application.
type Observer interface {
	// Threw reports what a listener of an event has thrown or, if event is 0, a callback outside of events. If the error
	// has no position, that of the first known place is logged.
	Threw(event int, err error, places []Frame)

	// Unanswered reports that the listeners of a request are done and none of them has answered. places are the positions
	// of the listeners.
	Unanswered(event int, places []Frame)

	// Overdue reports that the listeners to a message of a series are not done in time, so that the next one begins.
	Overdue(event int)

	// Unhandled reports the rejection of a promise that has no handler for it.
	Unhandled(e *Exception)

	// CallFailed reports an error of a call of the Host that is not for the application.
	CallFailed(function string, err error)

	// Slow reports that a turn takes longer than SlowEvent. event is the number of the event whose listeners run, 0 for none.
	// frames is the stack at the moment; nil means that the turn has ended, and spent the time in a built-in function.
	Slow(event int, took time.Duration, frames []Frame)

	// Listened reports a listener to a kind of event, with the stack of the call of addEventListener.
	Listened(kind string, stack []Frame)

	// Ignored reports an export that nothing uses: kind is "class", "export", or "member" of the default export.
	Ignored(kind, name string, at Frame)

	// BlobByDefault reports a binary message that was delivered as a Blob because the binary type is not set.
	BlobByDefault()
}

// Facts are properties of a connection that do not change.
type Facts struct {
	URL         string
	Subprotocol string
	RemoteIP    netip.Addr // the client's address; the zero Addr if unknown
}

// Header is the header of a request, as the application gets it.
type Header struct {
	Host     string
	Fields   http.Header // all fields except Host
	RemoteIP netip.Addr  // the client's address; the zero Addr if unknown
	Internal bool        // the request is one of a script, whose Fields are complete
}

// connectingIP is the field in which applications for Cloudflare Workers look for the client's address.
const connectingIP = "cf-connecting-ip"

// All returns the names and values of all fields. CF-Connecting-IP is always the client's address: the value that a
// client has sent is replaced, or removed if the address is unknown.
func (h *Header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		if h.Internal {
			yieldFields(h.Fields, yield)
			return
		}
		if !yield("host", h.Host) || h.RemoteIP.IsValid() && !yield(connectingIP, h.RemoteIP.String()) {
			return
		}
		for name, values := range h.Fields {
			if strings.EqualFold(name, connectingIP) {
				continue
			}
			for _, value := range values {
				if !yield(name, value) {
					return
				}
			}
		}
	}
}

// yieldFields passes all values to yield until it returns false.
func yieldFields(fields http.Header, yield func(name, value string) bool) {
	for name, values := range fields {
		for _, value := range values {
			if !yield(name, value) {
				return
			}
		}
	}
}
