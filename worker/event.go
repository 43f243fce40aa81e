package worker

import (
	"net/http"

	"github.com/lingerws/linger"
)

// event is one event on its way through the engine. Who submits it waits for
// done; start begins it on the event loop.
type event struct {
	kind  string // the type the script listens to
	start func(in *instance, id int) error
	done  chan struct{}

	// What belongs to the loop until done is closed.
	id       int
	socket   *linger.Socket  // the connection it is about, if any
	upgrade  *linger.Upgrade // the request that may become a connection
	response *response       // the script's answer to a request
	unserved bool            // nothing listens to plain requests
	finished bool
}

// response is an answer of the script.
type response struct {
	status int
	header http.Header
	body   []byte
}

func newEvent(kind string, socket *linger.Socket) *event {
	return &event{kind: kind, socket: socket, done: make(chan struct{})}
}

// finish lets go on who waits. It may be called again.
func (e *event) finish() {
	if !e.finished {
		e.finished = true
		close(e.done)
	}
}

func (e *event) connection() string {
	if e.socket == nil {
		return ""
	}
	return e.socket.ID()
}

func (r *response) write(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that has gone is no error of ours
}
