package script

import (
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

// Host has what an application may call and what a Runtime reports. Its methods do not block. All but Enqueue
// belong to the goroutine that uses the Runtime.
type Host interface {
	Calls
	Requests
	Observer

	// Enqueue runs turn, within which the Runtime calls its Host, on the goroutine that uses the Runtime. If that ends
	// before, turn is dropped. Any goroutine may call it. It returns at once.
	Enqueue(turn func() error)
}

// Calls return a value, or nothing, to the script at once: the script continues with the result. An error that is a *[Throw]
// is thrown there. A call about an event or a connection that has ended has no effect.
type Calls interface {
	// Accept makes the request of an event a connection and returns its id, "" if it is too late. With closeAtReload
	// the connection ends with this version of the application.
	Accept(event int, opts linger.AcceptOptions, closeAtReload bool) (id string, err error)

	// AcceptSocket makes the request of an event a WebSocket object, and returns its number, 0 if it is too late.
	AcceptSocket(event int, subprotocol string, header http.Header) (socket int, err error)

	// Respond answers the request of an event and ends the event.
	Respond(event, status int, header http.Header, body []byte)

	// RefusePlain answers a plain request with 426 and ends the event. socket reports whether the application has
	// answered with a WebSocket; otherwise it does not listen to plain requests.
	RefusePlain(event int, socket bool)

	// Done ends an event, when its listeners are done.
	Done(event int)

	Send(connection string, p linger.Payload) error
	Close(connection string, code protocol.CloseCode, reason string, discard bool) error
	State(connection string) protocol.State
	Buffered(connection string) int // bytes in the send queue
	Facts(connection string) (Facts, bool)
	Header(connection string) (Header, bool)        // of the opening handshake
	Data(connection string) string                  // as written by SetData, "" for none
	SetData(connection, data string) error          // data begins with S, or with J for JSON
	Subscribe(connection, channel string) error     // to a channel
	Unsubscribe(connection, channel string)         // from a channel
	Connections(channel string) []string            // the ids of a channel's subscribers; of all connections for ""
	Count(channel string) int                       // their number
	SetAutoResponse(request, response string) error // for messages that are answered without the application

	// Publish sends a message to the subscribers of a channel, without the connections in except, and returns how many
	// have got it.
	Publish(channel string, p linger.Payload, except []string) (int, error)

	SocketSend(socket int, p linger.Payload)
	SocketClose(socket int, code protocol.CloseCode, reason string)
	SocketCloseEmpty(socket int)  // starts the closing handshake without a status
	SocketAnswerClose(socket int) // answers the peer's Close with its code and reason
	SocketAbort(socket int)       // closes without a closing handshake, open or not
	SocketBuffered(socket int) int

	// Post sends a value that was posted to a BroadcastChannel to the subscribers of the channel of that name, and to
	// other Runtimes that listen to it.
	Post(p *Post)
	Listen(channel string, on bool) // starts and stops the delivery of posts of other Runtimes

	// SetTimer requests a Timer event after delay, or repeatedly. Ids are positive.
	SetTimer(id int, delay time.Duration, repeat bool)
	ClearTimer(id int)

	// Console prints a text of the application without its line end.
	Console(level slog.Level, text string)
}

// Requests are answered later, with an event for the Runtime. A call only starts the request.
type Requests interface {
	// Fetch sends a request. The answer is a [Fetched] event with the same number.
	Fetch(number int, r *fetch.Request) error
	CancelFetch(number int) // there will be no Fetched event

	// Connect opens a WebSocket object, and returns its number. The answer is a [SocketOpen] or a [SocketEnd] event.
	Connect(url string, subprotocols []string) (socket int)

	// Extend adds n to the number of promises of waitUntil that are not settled; n is negative when they settle.
	Extend(n int)
}

// Observer receives what goes wrong in an application, for the log.
type Observer interface {
	// Threw reports what a listener of an event, or with 0 a callback outside of events, has thrown. places are
	// candidates for its position if the error has none.
	Threw(event int, err error, places []Frame)

	// Unanswered reports that the listeners of a request, at places, are done, and none of them has answered.
	Unanswered(event int, places []Frame)

	// Unhandled reports a promise that was rejected without a handler.
	Unhandled(e *Exception)

	// CallFailed reports an error of a call of the Host that is not for the application.
	CallFailed(function string, err error)

	// Slow reports that the turn takes longer than SlowEvent. Without frames it has ended, and was in a built-in function.
	Slow(took time.Duration, frames []Frame)

	// Listened reports a listener to a kind of event, with the stack of the call of addEventListener.
	Listened(kind string, stack []Frame)

	// Ignored reports an export that nothing uses: kind is "class", "export", or "method" of the default export.
	Ignored(kind, name string, at Frame)

	// BlobByDefault reports a binary message that was delivered as a Blob because the binary type is not set.
	BlobByDefault()
}

// Facts are properties of a connection that do not change.
type Facts struct {
	URL         string
	Subprotocol string
	RemoteIP    netip.Addr // of the client; the zero Addr if unknown
}

// Header is the header of a request, as the application gets it.
type Header struct {
	Host     string
	Fields   http.Header // without Host
	RemoteIP netip.Addr  // of the client; the zero Addr if unknown
}

// connectingIP is the field in which applications for Cloudflare Workers look for the client's address.
const connectingIP = "cf-connecting-ip"

// All returns the names and values of all fields. CF-Connecting-IP is always the client's address: the value that a
// client has sent is replaced, or removed if the address is unknown.
func (h *Header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
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
