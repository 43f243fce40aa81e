package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol/handshake"
)

// fieldName is a flag value that is the name of a field of requests (RFC 9110, section 5.1).
type fieldName string

// Decode implements kong.MapperValue.
func (n *fieldName) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("name", &text); err != nil {
		return err
	}
	if !handshake.IsToken(text) {
		return fmt.Errorf("%q is not the name of a field of requests: give a name such as User-Agent", text)
	}
	*n = fieldName(http.CanonicalHeaderKey(text))
	return nil
}

// accessLog is where plain requests are logged.
type accessLog struct {
	to      *slog.Logger   // nil for no log
	headers []string       // the fields of requests that lines contain
	trusted []netip.Prefix // the proxies whose forwarding fields count
}

// requests wraps next so that every plain request is logged, and every upgrade request that is refused. A request that becomes a
// WebSocket connection is not logged here, as the connection is logged when it ends. Without a log, requests returns next.
func (l accessLog) requests(next http.Handler) http.Handler {
	if l.to == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		response := &responseRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if response.hijacked {
				return
			}
			l.to.Info("request",
				"remote", forwarding.Proxies(l.trusted).Client(r).Text,
				"method", r.Method,
				"path", r.URL.EscapedPath(),
				"status", response.status,
				"bytes", response.bytes,
				"duration", time.Since(began),
				httprule.LogFields(r.Header, l.headers))
		}()
		next.ServeHTTP(response, r)
	})
}

// responseRecorder is an http.ResponseWriter that records the status and the size of the response.
type responseRecorder struct {
	http.ResponseWriter
	status      int
	wroteHeader bool
	bytes       int64 // length of the body
	hijacked    bool
}

// WriteHeader records the final status. Informational responses, below 200, may precede it (RFC 9110, section 15.2).
func (r *responseRecorder) WriteHeader(status int) {
	if !r.wroteHeader && status >= http.StatusOK {
		r.status, r.wroteHeader = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *responseRecorder) Write(p []byte) (int, error) {
	r.wroteHeader = true
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher.
func (r *responseRecorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Hijack implements http.Hijacker.
func (r *responseRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(r.ResponseWriter).Hijack()
	r.hijacked = err == nil
	return conn, buffered, err
}

// Unwrap returns the underlying ResponseWriter, for http.ResponseController.
func (r *responseRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
