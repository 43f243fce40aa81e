package proxy

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Handler is a proxy as an http.Handler.
type Handler struct {
	opts     Options
	backends *backends

	mu       sync.Mutex
	pipes    map[*pipe]struct{}
	draining bool
	cutting  bool           // nothing is waited for any more
	opening  sync.WaitGroup // requests and pipes
}

// New returns a proxy to the backends in opts.To. The error tells which of them is
// wrong, or that BackendLost or ClientLost may not be sent.
func New(opts Options) (*Handler, error) {
	opts = opts.withDefaults()
	b, err := newBackends(opts.To)
	if err != nil {
		return nil, err
	}
	for _, lost := range []Lost{opts.ClientLost, opts.BackendLost} {
		if err := protocol.CheckClose(lost.Code, lost.Reason); err != nil && !lost.Cut {
			return nil, err
		}
	}
	return &Handler{opts: opts, backends: b, pipes: map[*pipe]struct{}{}}, nil
}

// Count returns how many pairs of connections there are.
func (h *Handler) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pipes)
}

// ServeHTTP asks a backend for a WebSocket and answers as it does. A backend that
// cannot be reached is 502, one that does not answer in time 504.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, trusted := h.asSent(r)
	offer, refusal := driver.CheckRequest(r, h.opts.Origins)
	if refusal != nil {
		h.logRefusal(r, refusal.Status, string(refusal.Reason), refusal.Text)
		driver.Refuse(w, refusal)
		return
	}
	if !h.enter() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the proxy is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer h.opening.Done()
	to, conn, answer, err := h.dial(w, r, trusted, offer)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	opts := h.opts.Connection()
	opts.OfferHalfClose = conn.HalfCloseNegotiated() // agreed with both or with none
	client, err := offer.Accept(w, answer.Get("Sec-WebSocket-Protocol"), &driver.AcceptOptions{Options: opts, Header: endToEnd(answer)})
	if err != nil {
		h.backends.leave(to)
		conn.CloseNow()
		h.opts.Logger.Debug("client lost during the handshake", "remote", r.RemoteAddr, "error", err)
		return
	}
	p := newPipe(client, conn, h.opts)
	h.opening.Add(1)
	h.add(p)
	logEnd, remote := h.accessLog(r, to), h.remote(r)
	p.start()
	go func() {
		p.over.Wait()
		logEnd(p)
		h.logEnds(p.ends(), remote, to.url.Host)
		h.backends.leave(to)
		h.remove(p)
		h.opening.Done()
	}()
}

// asSent returns a request with the host that the client used, which a trusted proxy
// before this one may have put into X-Forwarded-Host, and whether there is such a proxy.
func (h *Handler) asSent(r *http.Request) (sent *http.Request, trusted bool) {
	if trusted = forwarding.Proxies(h.opts.TrustedProxies).Trust(r); !trusted {
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

func (h *Handler) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.opening.Add(1)
	return true
}

func (h *Handler) add(p *pipe) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pipes[p] = struct{}{}
	switch {
	case h.cutting:
		p.cut()
	case h.draining:
		go p.closeBoth(goingAway)
	}
}

func (h *Handler) remove(p *pipe) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pipes, p)
}

var goingAway = protocol.Status{Code: protocol.CloseGoingAway, Reason: "proxy shutting down"}

// Shutdown refuses new requests with 503, closes all connections with 1001, paced so
// that the clients do not all come back at once, and waits until they have ended. When
// ctx ends before, what is left is cut, and the error is ctx's.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.draining = true
	all := make([]*pipe, 0, len(h.pipes))
	for p := range h.pipes {
		all = append(all, p)
	}
	h.mu.Unlock()
	var spread time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		spread = time.Until(deadline) / 4 // as Server.Shutdown does
	}
	go pace.Each(ctx.Done(), all, spread, func(p *pipe) { p.closeBoth(goingAway) })
	ended := make(chan struct{})
	go func() {
		h.opening.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		h.cut()
		return ctx.Err()
	}
}

// cut ends all connections at once, those too whose handshake is under way.
func (h *Handler) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutting = true
	for p := range h.pipes {
		p.cut()
	}
}
