package worker

import "sync"

// extensions counts the promises that waitUntil waits for.
type extensions struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed at 0; made by who waits
}

func (x *extensions) add(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.count += n; x.count <= 0 {
		x.release()
	}
}

// idle returns a channel that is closed when there is none.
func (x *extensions) idle() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.none == nil {
		x.none = make(chan struct{})
	}
	none := x.none
	if x.count <= 0 {
		x.release()
	}
	return none
}

func (x *extensions) release() {
	if x.none != nil {
		close(x.none)
		x.none = nil
	}
}
