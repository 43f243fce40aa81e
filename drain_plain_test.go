package linger

import "testing"

// undrained is a handler that wants no drain events.
type undrained struct{ Handler }

func TestAHandlerThatWantsNoDrainIsNotWoken(t *testing.T) {
	for name, c := range map[string]struct {
		handler Handler
		events  int
	}{
		"a handler without the method": {undrained{HandlerFuncs{}}, 0},
		"functions without OnDrain":    {HandlerFuncs{}, 0},
		"functions with OnDrain":       {HandlerFuncs{OnDrain: func(*Drain) {}}, 1},
		"a handler with the method":    {struct{ HandlerFuncs }{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			socket := &Socket{server: NewServer(c.handler, Options{}), id: "test"}
			socket.openMailbox() // nobody hands out what comes
			socket.tellDrained(nil)
			if n := socket.mailbox.waiting.Len(); n != c.events {
				t.Errorf("%d events wait for the handler; got %d", c.events, n)
			}
		})
	}
}
