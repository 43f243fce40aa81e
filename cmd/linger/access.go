package main

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/lingerws/linger/internal/forwarding"
)

// logRequests wraps next so that every plain request is logged, and every upgrade request that is refused. A request
// that becomes a WebSocket connection is not logged here, as the connection is logged when it ends. If log is nil,
// logRequests returns next.
func logRequests(next http.Handler, log *slog.Logger, trusted []netip.Prefix) http.Handler {
	if log == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		response := &responseRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if response.hijacked {
				return
			}
			log.Info("request",
				"remote", forwarding.Proxies(trusted).Client(r).Text,
				"method", r.Method,
				"path", r.URL.EscapedPath(),
				"status", response.status,
				"bytes", response.bytes,
				"duration", time.Since(began))
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
