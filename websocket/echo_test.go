package websocket

import (
	"fmt"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

func describe(o Outcome) string {
	clean := "clean"
	if !o.Clean {
		clean = "not clean"
	}
	text := fmt.Sprintf("%s, received %v, sent %v, first %v, %s", clean, o.Received, o.Sent, o.First, o.Cause)
	if o.Violation != nil {
		text += " " + o.Violation.ID
	}
	return text
}

// eachMessage calls do for each message, or piece of one. It returns false, as Events does
// without work.
func eachMessage(events []protocol.Event, do func(m protocol.Event)) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage || ev.Kind == protocol.EventPiece {
			do(ev)
		}
	}
	return false
}

// echo is a handler that sends each message back.
type echo struct{}

func (echo) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	return eachMessage(events, func(m protocol.Event) { _, _ = d.Send(m.Opcode, m.Payload) })
}

func (echo) Work(*driver.Driver)            {}
func (echo) Drained(*driver.Driver)         {}
func (echo) Closed(*driver.Driver, Outcome) {}
