package driver

import (
	"errors"
	"syscall"

	"github.com/lingerws/linger/websocket/internal/readiness"
)

// told is a connection that reports its readiness.
type told struct {
	streamTransport
	readiness.Reporter
}

var _ notifier = (*told)(nil)

func (n *told) begin(d *Driver) error {
	tell := func() {
		s := new(scratch)
		for d.ready(s, false) {
		}
	}
	n.Watch(func() { go tell() }) // as the event loops do when a handler blocks
	go tell()
	return nil
}

func (n *told) alarms() *wheel { return nil }

func (n *told) readNow(p []byte) (int, error) {
	read, err := n.TryRead(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, errWait
	}
	return read, err
}

func (n *told) tryWriteLast(p []byte) (int, error) { return n.tryWrite(p) }

func (n *told) tryWrite(p []byte) (int, error) {
	written, err := n.TryWrite(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return written, err
}
