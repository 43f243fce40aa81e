package proxy

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/lingerws/linger/internal/httprule"
)

// accessLog returns a function that logs a pipe which has ended.
func (h *Handler) accessLog(r *http.Request, to *backend) func(*pipe) {
	opts := h.options()
	if opts.AccessLog == nil {
		return func(*pipe) {}
	}
	began, path := time.Now(), r.URL.EscapedPath()
	remote, fields := h.remote(r), httprule.LogFields(r.Header, opts.AccessHeaders)
	return func(p *pipe) {
		client, backend := p.client.outcome, p.backend.outcome
		opts.AccessLog.LogAttrs(context.Background(), slog.LevelInfo, "connection",
			slog.String("remote", remote),
			slog.String("path", path),
			slog.String("backend", to.url.Host),
			slog.String("cause", string(client.Cause)),
			slog.String("initiator", client.Initiator()),
			slog.Int("sent", int(client.Sent.Code)),
			slog.Int("received", int(client.Received.Code)),
			slog.String("backend_cause", string(backend.Cause)),
			slog.Int("backend_sent", int(backend.Sent.Code)),
			slog.Int("backend_received", int(backend.Received.Code)),
			slog.Duration("duration", time.Since(began)),
			slog.Int64("messages_in", p.client.forwarded.messages.Load()),
			slog.Int64("bytes_in", p.client.forwarded.bytes.Load()),
			slog.Int64("messages_out", p.backend.forwarded.messages.Load()),
			slog.Int64("bytes_out", p.backend.forwarded.bytes.Load()),
			fields)
	}
}
