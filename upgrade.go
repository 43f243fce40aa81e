package linger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// Upgrade is an upgrade request. The handler answers it once, with Accept or
// Respond, before it returns.
type Upgrade struct {
	Server  *Server
	Request *http.Request

	handshake *driver.Handshake
	writer    http.ResponseWriter
	client    client
	request   *http.Request   // as it came: its context ends when the client is gone
	within    context.Context // and this one with the handler's time too

	mu       sync.Mutex
	answered bool
	response *response // if declined
	socket   *Socket   // if accepted
	accept   AcceptOptions
	failure  *failure      // if given up
	over     bool          // Upgrade has returned, or its time was over
	late     chan struct{} // set if its time was over; closed when the 504 has been written
}

// AcceptOptions say how a connection is accepted.
type AcceptOptions struct {
	// Data is the application's value for the connection; see [Data] and
	// [Socket.SetData].
	Data any

	// Subprotocol is one that the client offered; empty means none.
	Subprotocol string

	// HalfOpen keeps our half open when the peer's Close arrives, until the
	// application closes too; see [PeerCloser].
	HalfOpen bool

	// Channels are subscribed to at once.
	Channels []string

	// Header is added to the 101, cookies for instance.
	Header http.Header
}

// Subprotocols returns what the client offers, in its order of preference.
func (u *Upgrade) Subprotocols() []string { return slices.Clone(u.handshake.Protocols) }

// Accept accepts the request. The socket is usable at once: what is sent before
// the handler returns leaves after the 101, in order. The error is [ErrAnswered],
// [ErrChannelName], [ErrChannels], that of [Socket.SetData], or wraps handshake.ErrNotOffered for a
// subprotocol the client did not offer; then the request is still to be answered.
func (u *Upgrade) Accept(opts AcceptOptions) (*Socket, error) {
	if u.isAnswered() {
		return nil, ErrAnswered
	}
	if opts.Subprotocol != "" && !slices.Contains(u.handshake.Protocols, opts.Subprotocol) {
		return nil, fmt.Errorf("linger: subprotocol %q is %w", opts.Subprotocol, handshake.ErrNotOffered)
	}
	if opts.Subprotocol == "" {
		opts.Subprotocol = u.Server.opts.chooseSubprotocol(u.handshake.Protocols)
	}
	socket, err := newSocket(u.Server, u.Request, u.client, opts) // without mu: it calls the data's MarshalJSON, and the logger
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

// Fail gives the request up with an HTTP error, also after Accept: then the socket
// ends with its close event, cause handshake. text is what the client reads. After
// Respond it does nothing.
func (u *Upgrade) Fail(status int, text string) {
	u.mu.Lock()
	u.failure = &failure{status, text}
	u.mu.Unlock()
}

type failure struct {
	status int
	text   string
}

// bound gives the handler its time, by the request's context too. What it returns ends
// that.
func (u *Upgrade) startTimeout(r *http.Request) (end func()) {
	u.request, u.Request, u.within = r, r, r.Context()
	limit := u.Server.opts.UpgradeTimeout
	if limit < 0 {
		return func() {}
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), limit, errLate)
	u.within, u.Request = ctx, r.WithContext(ctx)
	stop := context.AfterFunc(ctx, u.expire)
	return func() {
		stop()
		cancel()
	}
}

// unbound returns the request for a response, which takes as long as it takes: without
// the end of the handler's time, unless the handler has chosen another context.
func (u *Upgrade) unbound() *http.Request {
	if u.Request.Context() != u.within {
		return u.Request
	}
	return u.Request.WithContext(u.request.Context())
}

// expire answers with 504 if the handler's time is over and neither it nor the handler has begun to answer. The handler
// goes on running; ServeHTTP cannot return before it does.
func (u *Upgrade) expire() {
	if !u.claimLate() {
		return
	}
	defer close(u.late)
	u.Server.logRefusal(slog.LevelInfo, u.request, http.StatusGatewayTimeout, "upgrade-timeout",
		"the upgrade handler did not return within Options.UpgradeTimeout")
	u.writer.Header().Set("Connection", "close") // the next request on it would wait for the handler
	answerError(u.writer, http.StatusGatewayTimeout, "the application did not answer in time")
	if u.socket != nil {
		u.socket.fail(errLate)
	}
}

// claimLate reports whether the caller is to answer for a handler whose time is over. The caller writes after mu is
// released, because the client may read slowly, and then closes late.
func (u *Upgrade) claimLate() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over || u.response != nil || !errors.Is(context.Cause(u.within), errLate) {
		return false
	}
	u.answered, u.over, u.late = true, true, make(chan struct{})
	return true
}

// finish completes the handshake, or answers for a handler that did not. A socket that was accepted and whose handshake
// cannot be completed ends with cause handshake.
func (u *Upgrade) finish(returned bool) {
	u.expire()
	u.mu.Lock()
	answered, late := u.answered, u.late
	u.answered, u.over = true, true
	u.mu.Unlock()
	switch {
	case late != nil:
		<-late // the response writer is valid until ServeHTTP returns
	case u.response != nil:
		u.response.finish()
	case u.failure != nil:
		answerError(u.writer, u.failure.status, u.failure.text)
		if u.socket != nil {
			u.socket.fail(errUpgradeFailed)
		}
	case u.socket != nil && returned:
		u.complete(u.socket)
	case u.socket != nil:
		applicationFailed(u.writer)
		u.socket.fail(errUpgradeFailed)
	case !answered && returned:
		u.Server.logRefusal(slog.LevelError, u.request, http.StatusInternalServerError, "unanswered",
			"the upgrade handler returned and had called neither Accept nor Respond")
		answerError(u.writer, http.StatusInternalServerError, "the application did not answer")
	case !answered:
		applicationFailed(u.writer)
	}
}

// The ways for what was accepted not to become a connection, beside the
// transport's.
var (
	errUpgradeFailed = errors.New("linger: the upgrade handler failed after it had accepted")
	errLate          = errors.New("linger: the upgrade handler did not return within Options.UpgradeTimeout")
	errDraining      = errors.New("linger: the server began to shut down before the handshake was done")
)

// complete answers with 101 and attaches the connection to its socket. A shutdown
// that begins after the look at it finds the socket in the hub.
func (u *Upgrade) complete(socket *Socket) {
	if u.Server.isDraining() {
		u.Server.refuseDraining(u.writer, u.request)
		socket.fail(errDraining)
		return
	}
	if err := u.request.Context().Err(); err != nil { // most often because the client is gone
		answerError(u.writer, http.StatusServiceUnavailable, "the request was cancelled")
		socket.fail(err)
		return
	}
	conn, err := u.handshake.Accept(u.writer, u.accept.Subprotocol, &driver.AcceptOptions{
		Options:          u.Server.bounds(u.accept.HalfOpen),
		Header:           u.accept.Header,
		HandshakeTimeout: u.Server.opts.HandshakeTimeout,
	})
	if err != nil {
		socket.fail(err)
		return
	}
	socket.attach(conn)
}

// bounds returns the options of a connection. It is half-open below in any case:
// the server answers a Close behind the handlers of what came before it, which
// they may delay by the close timeout at the most.
func (s *Server) bounds(halfOpen bool) driver.Options {
	bounds := s.opts.Options
	bounds.HalfOpen, bounds.Pieces = true, false
	bounds.Budget = s.memory.budget
	bounds.HighWater = s.opts.highWater() // PolicyBlock waits for a queue that is longer
	if !halfOpen {
		bounds.HalfOpenTimeout = s.opts.CloseTimeout
	}
	return bounds
}

// chooseSubprotocol returns the first of ours that the client offers: RFC 6455, section
// 4.2.2.
func (o *Options) chooseSubprotocol(offered []string) string {
	for _, name := range o.Subprotocols {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}
