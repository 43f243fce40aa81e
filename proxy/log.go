package proxy

import (
	"net/http"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/websocket/driver"
)

// remote returns the address of a client, for logging.
func (h *Handler) remote(r *http.Request) string {
	return forwarding.Proxies(h.options().TrustedProxies).Client(r).Text
}

// logRefusal logs and reports a request that the proxy itself refused.
func (h *Handler) logRefusal(r *http.Request, status int, reason, detail string) {
	h.options().Logger.Info("request refused", "reason", reason, "status", status, "remote", h.remote(r), "detail", detail)
	h.traceRefused(r, status, reason)
}

// logEnds logs the connections of a pipe that were lost. A connection that the proxy has
// aborted was not lost: the other one was.
func (h *Handler) logEnds(ends Ends, remote, backend string) {
	for _, side := range []struct {
		name string
		end  driver.Outcome
	}{{"client", ends.Client}, {"backend", ends.Backend}} {
		if side.end.Clean || side.end.Cause == driver.CauseAbort {
			continue
		}
		attrs := []any{"side", side.name, "remote", remote, "backend", backend, "cause", side.end.Cause}
		if side.end.Err != nil {
			attrs = append(attrs, "error", side.end.Err)
		}
		h.options().Logger.Info("connection ended abnormally", attrs...)
	}
}
