package main

import (
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// serverErrors returns the ErrorLog of an HTTP server: panics of handlers, errors of Accept, and handshakes of TLS that peers make
// fail, for each of which tlsFailed is called. What differs from peer to peer becomes an attribute, so that the lines of all peers are
// limited together.
func serverErrors(to *slog.Logger, tlsFailed func()) *log.Logger {
	return log.New(errorWriter{to, tlsFailed}, "", 0)
}

// errorWriter logs each call of Write as one line.
type errorWriter struct {
	to        *slog.Logger
	tlsFailed func()
}

// aboutPeer matches the lines of net/http that begin with what happened and the address of a peer.
var aboutPeer = regexp.MustCompile(`(?s)^(http: TLS handshake error|http: panic)(?: from| serving) (\S+?): (.*)$`)

// Write implements io.Writer.
func (w errorWriter) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	switch parts := aboutPeer.FindStringSubmatch(text); {
	case parts == nil:
		w.to.Error(text)
	case strings.HasPrefix(parts[1], "http: TLS"): // also what every port scan causes
		w.tlsFailed() // net/http reports these failures in its log only
		w.to.Info(parts[1], "remote", parts[2], "error", parts[3])
	default:
		w.to.Error(parts[1], "remote", parts[2], "error", parts[3])
	}
	return len(line), nil
}
