package proxy

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/lingerws/linger/internal/drain"
	"github.com/lingerws/linger/protocol"
)

// DrainOptions are the options of [Handler.Drain]: Delay, Spread, Rate, Timeout, Share, and the Code and Reason of the Close. They are
// those of linger.Server.Drain, with the same defaults.
type DrainOptions = drain.Options

// DrainStatus is how far a drain is, as linger.DrainStatus.
type DrainStatus = drain.Status

// Drain closes the connections one after the other on both sides, so that clients do not all reconnect at once, and blocks until
// they have ended. It behaves as linger.Server.Drain does, with the same errors.
func (h *Handler) Drain(ctx context.Context, opts DrainOptions) error {
	wait, err := h.StartDrain(ctx, opts)
	if err != nil {
		return err
	}
	return wait()
}

// StartDrain is Drain in the background, as linger.Server.StartDrain.
func (h *Handler) StartDrain(ctx context.Context, opts DrainOptions) (wait func() error, err error) {
	return h.drainer.Start(ctx, opts)
}

// DrainStatus returns how far the drain in progress is, or how far the last one has come.
func (h *Handler) DrainStatus() DrainStatus { return h.drainer.Status() }

// CancelDrain ends the drain in progress, and makes a proxy ready whose drain is complete. Without a drain it has no effect.
func (h *Handler) CancelDrain() { h.drainer.Cancel() }

// Ready reports whether the proxy accepts new connections: not from the beginning of a drain of all connections or of Shutdown.
func (h *Handler) Ready() bool {
	return !h.isShuttingDown() && !h.drainer.Refuses()
}

func (h *Handler) isShuttingDown() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.shuttingDown
}

// drainSource returns the proxy as its drainer sees it.
func (h *Handler) drainSource() drain.Source[*pipe] {
	return drain.Source[*pipe]{
		Connections: func() []*pipe {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Collect(maps.Keys(h.pipes))
		},
		Count: h.Count,
		Has: func(p *pipe) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			_, connected := h.pipes[p]
			return connected
		},
		Close: (*pipe).closeForDrain,
		Upgrading: func() int {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.requests
		},
	}
}

// closeForDrain is closeBoth. It reports false if the client's connection is closing.
func (p *pipe) closeForDrain(status protocol.Status) bool {
	if p.client.conn.State() != protocol.StateOpen {
		return false
	}
	p.closeBoth(status)
	return true
}

// refuseNotReady responds to a request that arrives after a drain or Shutdown has begun.
func (h *Handler) refuseNotReady(w http.ResponseWriter, r *http.Request) {
	text, reason := "the proxy is draining: connect again", "drain"
	if h.isShuttingDown() {
		text, reason = "the proxy is shutting down", "shutdown"
	}
	h.traceRefused(r, http.StatusServiceUnavailable, reason)
	w.Header().Set("Retry-After", drain.RetryAfter())
	http.Error(w, text, http.StatusServiceUnavailable)
}
