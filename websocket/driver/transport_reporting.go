package driver

import (
	"errors"
	"syscall"
	"time"

	"github.com/lingerws/linger/websocket/internal/readiness"
)

// reporterTransport is a [notifyingTransport] of a connection that reports its readiness
// itself. Each report is handled on a goroutine of its own.
type reporterTransport struct {
	netTransport
	reporter readiness.Reporter
	handler  readinessHandler
}

func newReporterTransport(r readiness.Reporter) *reporterTransport {
	return &reporterTransport{netTransport: netTransport{nc: r}, reporter: r}
}

func (t *reporterTransport) setHandler(h readinessHandler) { t.handler = h }

func (t *reporterTransport) start() error {
	t.reporter.Watch(func() { go t.handle() })
	go t.handle()
	return nil
}

func (t *reporterTransport) handle() {
	s := newScratch()
	defer scratches.Put(s)
	for t.handler.handleReadiness(s, false) {
	}
}

// setTimer returns false: there is no timer.
func (t *reporterTransport) setTimer(time.Duration) bool { return false }

func (t *reporterTransport) stopTimer() {}

func (t *reporterTransport) tryRead(p []byte) (int, error) {
	n, err := t.reporter.TryRead(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, errWouldBlock
	}
	return n, err
}

func (t *reporterTransport) tryWrite(p []byte) (int, error) {
	n, err := t.reporter.TryWrite(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return n, err
}

func (t *reporterTransport) tryWriteLast(p []byte) (int, error) { return t.tryWrite(p) }
