package websocket

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// echo is a handler that sends each message back.
type echo struct{}

func (echo) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) { _, _ = d.Send(m.Opcode, m.Payload) })
}

func (echo) Work(*driver.Driver)            {}
func (echo) Drained(*driver.Driver)         {}
func (echo) Closed(*driver.Driver, Outcome) {}
