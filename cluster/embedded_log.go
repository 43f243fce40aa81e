package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog passes the log of the embedded server on. What it logs as a notice has the level of debugging.
type serverLog struct {
	logger *slog.Logger
	fatal  chan struct{} // closed by the first fatal error

	mu     sync.Mutex
	last   error // the last error
	failed bool
}

func newServerLog(logger *slog.Logger) *serverLog {
	return &serverLog{logger: logger, fatal: make(chan struct{}), last: errors.New("it was not ready in time")}
}

func serverText(format string, values []any) string {
	return "NATS server: " + fmt.Sprintf(format, values...)
}

// Noticef implements the interface of the server, as the methods after it do.
func (l *serverLog) Noticef(format string, v ...any) { l.logger.Debug(serverText(format, v)) }

// Debugf is not called with the settings of the server.
func (l *serverLog) Debugf(format string, v ...any) { l.logger.Debug(serverText(format, v)) }

// Tracef is not called with the settings of the server.
func (l *serverLog) Tracef(format string, v ...any) { l.logger.Debug(serverText(format, v)) }

// usualTexts are the beginnings of warnings of the server that are expected while nodes start and end. The node logs these events itself.
var usualTexts = []string{
	"Plaintext passwords detected", "Waiting for routing to be established", "Error trying to connect to route", "JetStream has not established contact",
	"JetStream cluster", "Metalayer blocking snapshot", "Route connection", "Healthcheck failed",
}

// level returns the level of a warning.
func (l *serverLog) level(text string) slog.Level {
	for _, usual := range usualTexts {
		if strings.HasPrefix(text, usual) {
			return slog.LevelDebug
		}
	}
	return slog.LevelWarn
}

func (l *serverLog) log(format string, v []any) {
	text := fmt.Sprintf(format, v...)
	l.logger.Log(context.Background(), l.level(text), "NATS server: "+text)
}

// Warnf logs a warning.
func (l *serverLog) Warnf(format string, v ...any) { l.log(format, v) }

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) {
	l.mu.Lock()
	l.last = fmt.Errorf(format, v...) //nolint:err113 // the text is all that the server has
	l.mu.Unlock()
	l.log(format, v)
}

// Fatalf logs an error after which the server does not go on: its address is in use, for instance.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Errorf(format, v...) //nolint:err113 // the text is all that the server has
	if !l.failed {
		l.failed = true
		close(l.fatal)
	}
	l.logger.Error(serverText(format, v))
}

func (l *serverLog) lastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
