package wiretest

import (
	"fmt"

	"github.com/lingerws/linger/protocol"
)

// Describe returns an outcome as text.
func Describe(o protocol.Outcome) string {
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

// EachMessage calls do for each message, or piece of one. It returns false, as the Events of a handler without work does.
func EachMessage(events []protocol.Event, do func(m protocol.Event)) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage || ev.Kind == protocol.EventPiece {
			do(ev)
		}
	}
	return false
}
