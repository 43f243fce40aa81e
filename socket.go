package linger

import (
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Socket is the application's handle of one connection. Its methods may be
// called from any goroutine, at any time; after the end they have no effect.
type Socket struct {
	server   *Server
	id       string
	request  request
	halfOpen bool
	traffic  *traffic // nil without Options.AccessLog

	conn       atomic.Pointer[websocket.Driver] // nil until the 101 is out
	closing    atomic.Bool                      // a Close was asked for, or the end has come: nothing more is sent
	data       atomic.Pointer[data]             // nil: none
	stirred    atomic.Int64                     // when a message came or went, in ns after Server.began; kept for Options.IdleTimeout
	peerClosed atomic.Bool                      // in half-open mode: the peer's Close has come
	leaving    atomic.Bool                      // the upgrade handler has returned, or the close event has been handled

	mu       sync.Mutex
	early    *early              // until the 101 is out
	mailbox  *mailbox            // nil if every event that came has been handled
	decision decision            // of the server to close it, with the cause of the close event
	ended    bool                // the close event is in the mailbox, or was handled
	drained  latch.Latch         // released when the send queue empties
	life     *time.Timer         // for Options.IdleTimeout and MaxLifetime
	oldAt    int64               // by the latter, in ns after Server.began; 0 for never
	channels map[string]struct{} // guarded by the hub's lock
}

func newSocket(s *Server, r *http.Request, from client, opts AcceptOptions) (*Socket, error) {
	data, err := newData(opts.Data)
	if err != nil {
		return nil, err
	}
	made, leftOut := remember(r, from, opts.Subprotocol)
	socket := &Socket{
		server:   s,
		id:       ident.New(s.opts.Node),
		request:  made,
		halfOpen: opts.HalfOpen,
		traffic:  newTraffic(&s.opts),
		early:    &early{waiting: true},
	}
	if leftOut > 0 {
		s.opts.Logger.Debug("header not kept whole: its largest fields are left out", "socket", socket.id, "limit", maxRemembered, "fields", leftOut)
	}
	socket.data.Store(data)
	return socket, nil
}

// ID returns the connection's id: URL-safe, unguessable, and beginning with the
// name of the node.
func (s *Socket) ID() string { return s.id }

// URL returns the absolute URL of the upgrade request, made anew by each call.
func (s *Socket) URL() *url.URL { return s.request.url() }

// Header returns the header of the upgrade request, made anew by each call. Of a header
// of more than 16 KiB the largest fields are left out.
func (s *Socket) Header() http.Header { return s.request.header() }

// RemoteAddr returns the network address of the peer, with its port as net/http gives
// it; behind one of Options.TrustedProxies the address of the client, without a port.
func (s *Socket) RemoteAddr() string { return s.request.field(remembersRemote) }

// RemoteIP returns the address in RemoteAddr. It is invalid if the peer has none, as on a
// Unix socket.
func (s *Socket) RemoteIP() netip.Addr { return s.request.addr() }

// Subprotocol returns the agreed subprotocol, or the empty string.
func (s *Socket) Subprotocol() string { return s.request.field(remembersSubprotocol) }

// State returns the state of the connection in the words of RFC 6455. Before
// the 101 is out it is open: what is sent is queued.
func (s *Socket) State() protocol.State {
	if conn := s.conn.Load(); conn != nil {
		return conn.State()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	conn := s.conn.Load() // it may have come while we waited for the lock
	switch {
	case conn != nil:
		return conn.State()
	case s.ended:
		return protocol.StateClosed
	case s.early != nil && s.early.closed:
		return protocol.StateClosing
	}
	return protocol.StateOpen
}

// Buffered returns the bytes of frames, headers included, that wait to be written. Before
// the 101 it counts them as they are without compression.
func (s *Socket) Buffered() int {
	if conn := s.conn.Load(); conn != nil {
		return conn.Queued()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.conn.Load(); conn != nil { // it came while we waited for the lock
		return conn.Queued()
	}
	if s.early == nil {
		return 0
	}
	return s.early.bytes
}

// Close starts the closing handshake, or finishes it after the peer's Close in
// half-open mode (RFC 6455, section 7.1.2). It does not wait; the close event
// tells the end. A second call changes nothing. The error is that of
// protocol.CheckClose, for a code or reason that may not be sent; then nothing
// has changed.
func (s *Socket) Close(code protocol.CloseCode, reason string) error {
	return s.close(code, reason, (*websocket.Driver).Close, (*early).close)
}

// CloseDiscard is Close for a peer that reads too slowly: what waits to be sent is
// dropped, so that our Close is the next it gets, behind what the kernel has taken.
// After a Close it drops what waits before that one.
func (s *Socket) CloseDiscard(code protocol.CloseCode, reason string) error {
	return s.close(code, reason, (*websocket.Driver).CloseDiscard, (*early).closeDiscard)
}

// close closes the connection in one way or, before the 101, in the other.
func (s *Socket) close(code protocol.CloseCode, reason string,
	how func(*websocket.Driver, protocol.CloseCode, string) error, before func(*early, protocol.Status),
) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	s.closing.Store(true)
	s.wakeSenders() // who wait for room
	if conn := s.conn.Load(); conn != nil {
		return how(conn, code, reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.conn.Load(); conn != nil {
		return how(conn, code, reason)
	}
	before(s.early, protocol.Status{Code: code, Reason: reason})
	return nil
}

// CloseNow ends the connection without a closing handshake.
func (s *Socket) CloseNow() {
	s.closing.Store(true)
	s.mu.Lock()
	conn := s.conn.Load()
	if conn == nil && s.early != nil {
		s.early.closed, s.early.cut = true, true
	}
	s.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
}
