package worker

import (
	"net/http"
	"sync/atomic"
)

// inputs holds back the requests of clients while a hand-over settles an application that stores something.
type inputs struct {
	waiting atomic.Pointer[heldInputs] // nil while requests are let through
}

// heldInputs is why requests wait.
type heldInputs struct {
	ended chan struct{} // closed by open and leave
	moved bool          // the storage is in another process; valid when ended is closed
}

// close makes requests wait.
func (i *inputs) close() { i.waiting.Store(&heldInputs{ended: make(chan struct{})}) }

// open lets requests through.
func (i *inputs) open() {
	if held := i.waiting.Swap(nil); held != nil {
		close(held.ended)
	}
}

// leave refuses requests from now on, also those that wait.
func (i *inputs) leave() {
	held := i.waiting.Load()
	if held == nil {
		held = &heldInputs{ended: make(chan struct{})}
	}
	held.moved = true
	i.waiting.Store(held)
	close(held.ended)
}

// admit waits while requests are held back, and reports whether this process can handle the request.
func (i *inputs) admit(r *http.Request) bool {
	held := i.waiting.Load()
	if held == nil {
		return true
	}
	select {
	case <-held.ended:
		return !held.moved
	case <-r.Context().Done():
		return false
	}
}

// refuseMoved answers a request that has come to the old process of a hand-over, when the storage was in the new one.
func refuseMoved(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Connection", "close")
	http.Error(w, "the server is being upgraded: send the request again", http.StatusServiceUnavailable)
}
