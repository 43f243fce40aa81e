package linger

import (
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Socket is the application's handle of one connection. Its methods may be called from any goroutine at any time; after the end
// of the connection they have no effect.
//
// Its size counts for every idle connection: it fills the allocator's class of 144 bytes.
type Socket struct {
	server  *Server
	id      string
	request requestSnapshot
	traffic *traffic // nil without Options.AccessLog and Options.Stats

	conn         atomic.Pointer[driver.Driver] // nil until the 101 has been written
	closing      atomic.Bool                   // a Close was requested, or the connection has ended: nothing more is sent
	flags        atomic.Uint32
	data         atomic.Pointer[data] // nil if there is none
	lastActivity atomic.Int64         // when a message last came or went, in ns after Server.began (Options.IdleTimeout)

	mu       sync.Mutex
	pending  *pendingSends       // nil once the 101 has been written, or the handshake has failed
	queue    *eventQueue         // nil if every event that has come has been handled
	decision decision            // why the server closes the connection; becomes the cause of the close event
	ended    bool                // the close event is in the queue, or has been handled
	move     move                // where the connection is in a hand-over
	halfOpen bool                // AcceptOptions.HalfOpen; set once
	round    uint16              // of the hand-over that has brought the connection; 0 if this process has accepted it
	drained  latch.Latch         // released when the send queue empties
	lifetime *time.Timer         // for Options.IdleTimeout and MaxLifetime; nil if there was neither
	opened   time.Duration       // when the 101 was written, as time after Server.began
	channels map[string]struct{} // subscriptions; guarded by the lock of the hub
}

// The flags of a connection.
const (
	flagPeerClosed        = 1 << iota // the peer's Close has come (half-open mode only)
	flagAdmissionReleased             // releaseAdmission has been called once

	flagActive    // in the old process of a hand-over: something has arrived since it has begun
	flagAnnounced // in the old process: the new one has its descriptor
	flagCommitted // in the old process: it belongs to the new one
	flagArriving  // in the new process: what is done to it is kept

	handoverFlags = flagActive | flagAnnounced | flagCommitted | flagArriving
)

// isFlagged reports whether a flag is set.
func (s *Socket) isFlagged(flag uint32) bool { return s.flags.Load()&flag != 0 }

func newSocket(s *Server, r *http.Request, from forwarding.Client, opts AcceptOptions) (*Socket, error) {
	data, err := newData(opts.Data)
	if err != nil {
		return nil, err
	}
	request, omitted := newRequestSnapshot(r, from, opts.Subprotocol)
	socket := &Socket{
		server:   s,
		id:       ident.New(s.options().Node),
		request:  request,
		halfOpen: opts.HalfOpen,
		traffic:  newTraffic(s.options()),
		pending:  &pendingSends{},
	}
	if omitted > 0 {
		s.options().Logger.Debug("the header of the upgrade request is too large to be kept: its largest fields are omitted",
			"connection", socket.id, "limit", maxSnapshotHeader, "fields", omitted)
	}
	socket.data.Store(data)
	return socket, nil
}

// ID returns the connection's id: URL-safe, unguessable, and beginning with the name of the node.
func (s *Socket) ID() string { return s.id }

// URL returns the absolute URL of the upgrade request. Each call returns a new value.
func (s *Socket) URL() *url.URL { return s.request.url() }

// Path returns the path of the URL, as it was sent: with its percent-encoding. It costs much less than [Socket.URL].
func (s *Socket) Path() string { return s.request.path() }

// Header returns the header of the upgrade request. Each call returns a new value. If the header was larger than 16 KiB its
// largest fields are missing.
func (s *Socket) Header() http.Header { return s.request.header() }

// RemoteAddr returns the network address of the peer as net/http gives it, with its port; after one of Options.TrustedProxies
// the address of the client, without a port.
func (s *Socket) RemoteAddr() string { return s.request.field(snapshotRemote) }

// RemoteIP returns the address in RemoteAddr. It is invalid if the peer has none, as on a Unix socket.
func (s *Socket) RemoteIP() netip.Addr { return s.request.addr() }

// Subprotocol returns the negotiated subprotocol, or the empty string.
func (s *Socket) Subprotocol() string { return s.request.field(snapshotSubprotocol) }

// State returns the state of the connection in the words of RFC 6455. Until the 101 has been written it is open, and what is
// sent is queued.
func (s *Socket) State() protocol.State {
	if conn := s.conn.Load(); conn != nil {
		return conn.State()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	conn := s.conn.Load() // may have been set before mu was locked
	switch {
	case conn != nil:
		return conn.State()
	case s.ended:
		return protocol.StateClosed
	case s.pending != nil && s.pending.closed:
		return protocol.StateClosing
	}
	return protocol.StateOpen
}

// Buffered returns how many bytes of frames, headers included, wait to be written. Before the 101 they are counted without
// compression.
func (s *Socket) Buffered() int {
	if conn := s.conn.Load(); conn != nil {
		return conn.Queued()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.conn.Load(); conn != nil { // was set before mu was locked
		return conn.Queued()
	}
	if s.pending == nil {
		return 0
	}
	return s.pending.bytes
}

// attach gives a socket its connection after the 101. What was sent before leaves first.
func (s *Socket) attach(conn *driver.Driver) {
	s.saveData()
	if opened := s.server.trace.Opened; opened != nil {
		opened(s)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startLifetime()
	conn.Start((*driverEvents)(s))
	s.pending.flush(conn)
	s.pending = nil
	s.conn.Store(conn)
	if g := s.server.giving.Load(); g != nil {
		if g.settling.Load() {
			s.move = leaving
		}
		g.wakeUp()
	}
}

// fail ends a socket whose opening handshake did not complete.
func (s *Socket) fail(err error) {
	none := protocol.Status{Code: protocol.CloseAbnormal}
	outcome := protocol.Outcome{Received: none, Sent: none, Cause: CauseHandshake}
	if s.end(driver.Outcome{Outcome: outcome, Err: err}) {
		go s.handleEvents()
	}
}

// end logs the outcome of the connection and queues the close event. It reports whether the caller has to start the handling of
// events.
func (s *Socket) end(outcome driver.Outcome) (start bool) {
	s.closing.Store(true)
	s.mu.Lock()
	s.ended = true
	outcome.Cause = s.causeOf(outcome)
	s.stopLifetime()
	s.pending = nil
	s.mu.Unlock()
	s.logEnd(outcome)
	s.logAccess(outcome)
	if traced := s.server.trace.Closed; traced != nil {
		traced(s, outcome)
	}
	return s.enqueue(&Close{Server: s.server, Socket: s, Outcome: outcome, arrived: s.server.traceTime()})
}
