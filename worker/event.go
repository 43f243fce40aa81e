package worker

import "github.com/lingerws/linger"

// event is one event on its way through the engine. Who submits it waits for
// done; start begins it on the event loop.
type event struct {
	kind  string // the type the script listens to
	start func(in *instance, id int) error
	done  chan struct{}

	// What belongs to the loop until done is closed.
	socket   *linger.Socket  // the connection it is about, if any
	upgrade  *linger.Upgrade // the request that may become a connection
	response *response       // the script's answer to a request
	unserved bool            // nothing listens to plain requests
}

func newEvent(kind string, socket *linger.Socket) *event {
	return &event{kind: kind, socket: socket, done: make(chan struct{})}
}

// attrs are what a log tells of an event.
func (e *event) attrs() []any {
	if e == nil {
		return nil
	}
	attrs := []any{"event", e.kind}
	if e.socket != nil {
		attrs = append(attrs, "connection", e.socket.ID())
	}
	return attrs
}
