package cluster

import (
	"errors"
	"fmt"
	"log/slog"
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

// Warnf logs a warning.
func (l *serverLog) Warnf(format string, v ...any) { l.logger.Warn(serverText(format, v)) }

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) {
	l.mu.Lock()
	l.last = fmt.Errorf(format, v...) //nolint:err113 // the text is all that the server has
	l.mu.Unlock()
	l.logger.Warn(serverText(format, v))
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
