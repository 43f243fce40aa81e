package linger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/lazycontext"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// Upgrade is an upgrade request. The handler answers it once, with Accept or Respond, before it returns.
type Upgrade struct {
	Server  *Server
	Request *http.Request

	handshake *driver.Handshake
	writer    http.ResponseWriter
	client    forwarding.Client
	original  *http.Request       // Request without the handler's timeout: its context ends when the client has gone
	context   lazycontext.Context // the context that the handler gets in Request: ends with its timeout too, if there is one
	timeout   *time.Timer         // nil if there is none

	mu       sync.Mutex
	answered bool          // by Accept, by Respond, or because the time is over
	response *response     // of Respond
	socket   *Socket       // of Accept
	accept   AcceptOptions // of Accept
	failure  *failure      // of Fail
	over     bool          // Upgrade has returned, or its time is over
	expired  chan struct{} // not nil if the time was over; closed when the 504 has been written
}

// AcceptOptions are the options of one connection.
type AcceptOptions struct {
	// Data is the application's value for the connection; see [Data] and [Socket.SetData].
	Data any

	// Subprotocol is one that the client has offered. If it is empty the server chooses from Options.Subprotocols.
	Subprotocol string

	// HalfOpen keeps our half open after the peer's Close, until the application closes too; see [PeerCloser].
	HalfOpen bool

	// Channels are subscribed to at once.
	Channels []string

	// Header is added to the 101, for instance with cookies.
	Header http.Header
}

// Subprotocols returns what the client offers, in its order of preference.
func (u *Upgrade) Subprotocols() []string { return slices.Clone(u.handshake.Protocols) }

// Accept accepts the request. The socket is usable at once: what is sent before the handler returns leaves after the 101, in order.
// The error is [ErrAnswered], [ErrChannelName], [ErrChannels], that of [Socket.SetData], or wraps handshake.ErrNotOffered for a
// subprotocol that the client has not offered; after all but the first the request can still be answered.
func (u *Upgrade) Accept(opts AcceptOptions) (*Socket, error) {
	if u.isAnswered() {
		return nil, ErrAnswered
	}
	if opts.Subprotocol != "" && !slices.Contains(u.handshake.Protocols, opts.Subprotocol) {
		return nil, fmt.Errorf("linger: subprotocol %q is %w", opts.Subprotocol, handshake.ErrNotOffered)
	}
	if opts.Subprotocol == "" {
		opts.Subprotocol = u.Server.options().chooseSubprotocol(u.handshake.Protocols)
	}
	socket, err := newSocket(u.Server, u.Request, u.client, opts) // without mu, because it calls the data's marshaler and the logger
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.answered {
		return nil, ErrAnswered
	}
	u.Server.hub.register(socket)
	for _, channel := range opts.Channels {
		if err := socket.Subscribe(channel); err != nil {
			u.Server.hub.unregister(socket)
			return nil, err
		}
	}
	u.answered, u.socket, u.accept = true, socket, opts
	return socket, nil
}

func (u *Upgrade) isAnswered() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.answered
}

// Fail answers the request with an HTTP error when the handler returns, also after Accept: then the socket ends with its close
// event, cause handshake. text is the body of the response. After Respond it has no effect.
func (u *Upgrade) Fail(status int, text string) {
	u.mu.Lock()
	u.failure = &failure{status, text}
	u.mu.Unlock()
}

type failure struct {
	status int
	text   string
}

// startTimeout starts Options.UpgradeTimeout, and gives the handler a request whose context ends then.
func (u *Upgrade) startTimeout(r *http.Request) {
	u.original, u.Request = r, r
	limit := u.Server.options().UpgradeTimeout
	if limit < 0 {
		u.context.Set(r.Context())
		return
	}
	u.context.SetDeadline(r.Context(), time.Now().Add(limit), errTimeout)
	u.Request = r.WithContext(&u.context)
	u.timeout = time.AfterFunc(limit, func() {
		context.AfterFunc(&u.context, u.expire) // at once, or when the context's own timer has fired
	})
}

// stopTimeout is called when the request has been answered.
func (u *Upgrade) stopTimeout() {
	if u.timeout != nil {
		u.timeout.Stop()
		u.context.Cancel()
	}
}

// requestForResponse returns the request without the handler's timeout, which does not apply to a response that has begun. If the
// handler has replaced the context it returns the handler's request.
func (u *Upgrade) requestForResponse() *http.Request {
	if u.Request.Context() != context.Context(&u.context) {
		return u.Request
	}
	return u.Request.WithContext(u.original.Context())
}

// expire answers with 504 if the handler's time is over and neither expire nor the handler has begun to answer. The handler goes on
// running; ServeHTTP does not return before it.
func (u *Upgrade) expire() {
	if !u.claimExpired() {
		return
	}
	defer close(u.expired)
	u.Server.reportRefusal(slog.LevelInfo, u.original, http.StatusGatewayTimeout, "upgrade-timeout",
		"the upgrade handler did not return within Options.UpgradeTimeout")
	u.writer.Header().Set("Connection", "close") // the next request on the connection would wait for the handler
	answerError(u.writer, http.StatusGatewayTimeout, "the application did not answer in time")
	if u.socket != nil {
		u.socket.fail(errTimeout)
	}
}

// claimExpired reports whether the caller has to answer for a handler whose time is over. The caller writes after mu is released,
// because the client may read slowly, and then closes expired.
func (u *Upgrade) claimExpired() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over || u.response != nil || !errors.Is(context.Cause(&u.context), errTimeout) {
		return false
	}
	u.answered, u.over, u.expired = true, true, make(chan struct{})
	return true
}

// finish completes the handshake, or answers for a handler that has not. A socket that was accepted and whose handshake cannot be
// completed ends with cause handshake. returned reports whether the handler has returned, rather than panicked.
func (u *Upgrade) finish(returned bool) {
	u.expire()
	u.mu.Lock()
	answered, expired := u.answered, u.expired
	u.answered, u.over = true, true
	u.mu.Unlock()
	switch {
	case expired != nil:
		<-expired // the response writer is valid until ServeHTTP returns
	case u.response != nil:
		u.response.finish()
	case u.failure != nil:
		answerError(u.writer, u.failure.status, u.failure.text)
		if u.socket != nil {
			u.socket.fail(errUpgradeFailed)
		}
	case u.socket != nil && returned:
		u.completeHandshake(u.socket)
	case u.socket != nil:
		applicationFailed(u.writer)
		u.socket.fail(errUpgradeFailed)
	case !answered && returned:
		u.Server.reportRefusal(slog.LevelError, u.original, http.StatusInternalServerError, "unanswered",
			"the upgrade handler returned and had called neither Accept nor Respond")
		answerError(u.writer, http.StatusInternalServerError, "the application did not answer")
	case !answered:
		applicationFailed(u.writer)
	}
}

// Why an accepted request did not become a connection, other than an error of the transport.
var (
	errUpgradeFailed = errors.New("linger: the upgrade handler failed after it had accepted")
	errTimeout       = errors.New("linger: the upgrade handler did not return within Options.UpgradeTimeout")
	errShuttingDown  = errors.New("linger: the server is shutting down")
)

// completeHandshake answers with 101 and attaches the connection to its socket. A shutdown that begins after the check finds the
// socket in the hub.
func (u *Upgrade) completeHandshake(socket *Socket) {
	if u.Server.isShuttingDown() {
		u.Server.refuseNotReady(u.writer, u.original)
		socket.fail(errShuttingDown)
		return
	}
	if err := u.original.Context().Err(); err != nil { // mostly because the client has gone
		answerError(u.writer, http.StatusServiceUnavailable, "the request was cancelled")
		socket.fail(err)
		return
	}
	settings := u.Server.current.Load()
	conn, err := u.handshake.Accept(u.writer, u.accept.Subprotocol, &driver.AcceptOptions{
		Options:          u.Server.connOptions(&settings.Options, u.accept.HalfOpen),
		Header:           u.accept.Header,
		HandshakeTimeout: settings.HandshakeTimeout,
	})
	if err != nil {
		socket.fail(err)
		return
	}
	socket.attach(conn)
	if u.Server.current.Load() != settings { // Reconfigure may not have found the connection
		socket.reconfigure()
	}
}

// connOptions returns the options of a connection for its driver, which is in half-open mode in any case: the server answers a Close
// after the handlers of what came before, which may delay the answer by the close timeout at most.
func (s *Server) connOptions(o *Options, halfOpen bool) driver.Options {
	opts := o.Options
	opts.HalfOpen, opts.Pieces = true, false
	opts.Budget = s.memory.budget
	opts.HighWater = o.highWater()
	if !halfOpen {
		opts.HalfOpenTimeout = o.CloseTimeout
	}
	return opts
}

// chooseSubprotocol returns the first of Options.Subprotocols that the client offers (RFC 6455, section 4.2.2).
func (o *Options) chooseSubprotocol(offered []string) string {
	for _, name := range o.Subprotocols {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}
