package proxy

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/drain"
	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Handler is a proxy as an http.Handler. Create it with [New].
type Handler struct {
	current  atomic.Pointer[Options] // with all defaults
	backends *backends
	drainer  *drain.Drainer[*pipe]

	reconfiguring sync.Mutex // is held by Reconfigure

	mu           sync.Mutex
	pipes        map[*pipe]struct{}
	ended        Snapshot       // the traffic of pipes that have ended
	requests     int            // requests that may become pipes
	shuttingDown bool           // Shutdown was called: requests are refused
	aborting     bool           // the time of Shutdown is over: new pipes are aborted
	active       sync.WaitGroup // requests and pipes
}

// New returns a proxy to the backends in opts.To. It returns an error if one of these
// URLs is invalid, or if the code or reason of BackendLost or ClientLost may not be sent.
func New(opts Options) (*Handler, error) {
	opts = opts.withDefaults()
	b, err := newBackends(opts.To)
	if err != nil {
		return nil, err
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	h := &Handler{backends: b, pipes: map[*pipe]struct{}{}}
	h.current.Store(&opts)
	h.drainer = drain.New(h.drainSource())
	return h, nil
}

// Count returns the number of pairs of connections.
func (h *Handler) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pipes)
}

// ServeHTTP connects a client to a backend. If the backend refuses the handshake its
// response is forwarded. The status is 502 if no backend can be reached, 504 if the
// backend does not respond in time, and 503 during Shutdown and Drain.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, trusted := h.withClientHost(r)
	offer, refusal := driver.CheckRequest(r, h.options().Origins)
	if refusal != nil {
		h.logRefusal(r, refusal.Status, string(refusal.Reason), refusal.Text)
		driver.Refuse(w, refusal)
		return
	}
	if !h.beginRequest() {
		h.refuseNotReady(w, r)
		return
	}
	defer h.endRequest()
	inForce := h.options() // both connections of a pair and the pipe have the same ones
	to, conn, answer, err := h.dial(inForce, w, r, trusted, offer)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	opts := inForce.Connection()
	opts.OfferHalfClose = conn.HalfCloseNegotiated() // negotiated with both ends or neither
	client, err := offer.Accept(w, answer.Get("Sec-WebSocket-Protocol"), &driver.AcceptOptions{Options: opts, Header: endToEnd(answer)})
	if err != nil {
		h.backends.release(to)
		conn.CloseNow()
		h.options().Logger.Debug("client lost during the handshake", "remote", r.RemoteAddr, "error", err)
		return
	}
	p := newPipe(client, conn, *inForce)
	h.active.Add(1)
	h.addPipe(p)
	h.traceOpened()
	logEnd, remote := h.accessLog(r, to), h.remote(r)
	p.start()
	go func() {
		p.ended.Wait()
		logEnd(p)
		h.logEnds(p.ends(), remote, to.url.Host)
		h.traceClosed(p.ends())
		h.backends.release(to)
		h.removePipe(p)
		h.active.Done()
	}()
}

// withClientHost returns the request with the host that the client used, which is in
// X-Forwarded-Host if the peer is a trusted proxy. It also reports whether that is so.
func (h *Handler) withClientHost(r *http.Request) (request *http.Request, trusted bool) {
	if trusted = forwarding.Proxies(h.options().TrustedProxies).Trust(r); !trusted {
		return r, false
	}
	host := forwarding.Host(r.Header)
	if host == "" {
		return r, true
	}
	copied := *r
	copied.Host = host
	return &copied, true
}

// beginRequest counts an active request. It returns false if the proxy is not ready.
func (h *Handler) beginRequest() bool {
	h.mu.Lock()
	if h.shuttingDown {
		h.mu.Unlock()
		return false
	}
	h.requests++
	h.active.Add(1)
	h.mu.Unlock()
	if h.drainer.Refuses() { // after it was counted, so that a drain that begins now waits for it
		h.endRequest()
		return false
	}
	return true
}

// endRequest ends the counting of a request. The pipe that it has become, if any, was added before.
func (h *Handler) endRequest() {
	h.mu.Lock()
	h.requests--
	h.mu.Unlock()
	h.drainer.Changed()
	h.active.Done()
}

func (h *Handler) addPipe(p *pipe) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pipes[p] = struct{}{}
	switch {
	case h.aborting:
		p.abort()
	case h.shuttingDown:
		go p.closeBoth(goingAway)
	}
}

func (h *Handler) removePipe(p *pipe) {
	h.mu.Lock()
	delete(h.pipes, p)
	h.ended.add(p)
	h.mu.Unlock()
	h.drainer.Ended(p)
}

var goingAway = protocol.Status{Code: protocol.CloseGoingAway, Reason: "proxy shutting down"}

// Shutdown refuses new requests with status 503, closes all connections with code 1001,
// and waits until they have ended. The closing is spread over time, so that clients do
// not all reconnect at once. If ctx ends first Shutdown aborts the remaining connections
// and returns the error of ctx.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.shuttingDown = true
	all := make([]*pipe, 0, len(h.pipes))
	for p := range h.pipes {
		all = append(all, p)
	}
	h.mu.Unlock()
	h.drainer.Stop()
	var spread time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		spread = time.Until(deadline) / 4 // like Server.Shutdown
	}
	go pace.Each(ctx.Done(), all, spread, func(p *pipe) { p.closeBoth(goingAway) })
	ended := make(chan struct{})
	go func() {
		h.active.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		h.abort()
		return ctx.Err()
	}
}

// abort aborts all connections, and those whose handshake is in progress when they are
// added.
func (h *Handler) abort() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.aborting = true
	for p := range h.pipes {
		p.abort()
	}
}
