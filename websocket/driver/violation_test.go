package driver

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// lateEcho is a handler that echoes from another goroutine, one message after the other.
type lateEcho struct {
	echo
	work chan func()
}

func newLateEcho() lateEcho {
	e := lateEcho{work: make(chan func(), 100)}
	go func() {
		for do := range e.work {
			do()
		}
	}()
	return e
}

func (e lateEcho) Events(d *Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventFailing {
			e.work <- d.Fail
			work = true
			continue
		}
		reply := slices.Clone(ev.Payload)
		e.work <- func() { _, _ = d.Send(ev.Opcode, reply) }
	}
	return work
}

func (e lateEcho) Closed(*Driver, Outcome) { close(e.work) }

func TestDriverRepliesBeforeViolation(t *testing.T) {
	for name, newHandler := range map[string]func() Handler{
		"at once": newEcho,
		"later":   func() Handler { return newLateEcho() },
	} {
		t.Run(name, func(t *testing.T) {
			wiretest.EachViolation(t, func(_ *testing.T, role protocol.Role, near *net.TCPConn, blocking bool) {
				New(near, role, nil, Options{KeepAlive: -1, CloseTimeout: time.Hour, IO: map[bool]IO{true: IOBlocking}[blocking]}).Start(newHandler())
			})
		})
	}
}
