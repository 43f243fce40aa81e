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

// logRequests returns a handler that writes a line for each plain request, refused upgrade
// requests included. Connections that are taken over by WebSockets have a line of their
// own at their end.
func logRequests(next http.Handler, log *slog.Logger, trusted []netip.Prefix) http.Handler {
	if log == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		answer := &answerLog{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if answer.hijacked {
				return
			}
			log.Info("request",
				"remote", forwarding.Proxies(trusted).Client(r).Text,
				"method", r.Method,
				"path", r.URL.EscapedPath(),
				"status", answer.status,
				"bytes", answer.bytes,
				"duration", time.Since(began))
		}()
		next.ServeHTTP(answer, r)
	})
}

// answerLog notes how a request is answered.
type answerLog struct {
	http.ResponseWriter
	status   int
	begun    bool
	bytes    int64
	hijacked bool
}

// WriteHeader notes the final status; those below 200 precede it (RFC 9110, section 15.2).
func (a *answerLog) WriteHeader(status int) {
	if !a.begun && status >= http.StatusOK {
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerLog) Write(p []byte) (int, error) {
	a.begun = true
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Flush sends what was written.
func (a *answerLog) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Hijack hands over the connection.
func (a *answerLog) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	a.hijacked = err == nil
	return conn, buffered, err
}

// Unwrap returns the writer below, for http.ResponseController.
func (a *answerLog) Unwrap() http.ResponseWriter { return a.ResponseWriter }
