package worker

import (
	"sync"

	"github.com/lingerws/linger/internal/latch"
)

// writtenBody is a body that the script writes in chunks: that of a response, or of the request of a fetch.
type writtenBody struct {
	onRoom   func()             // called when the next chunk may follow, after write has returned false; it must not block
	onCancel func(reason error) // called when the rest is not needed; it must not block

	mu      sync.Mutex
	changed latch.Latch // released when data or err has changed
	data    []byte      // was written, and not sent
	err     error       // why no more follows; io.EOF at the end of the body, nil before
	full    bool        // write has returned false since onRoom was called
}

// write appends a chunk, which it owns, and reports whether the next one may follow. A body that has ended ignores it.
func (b *writtenBody) write(chunk []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return false // onCancel has been or will be called
	}
	if len(b.data) == 0 {
		b.data = chunk
	} else {
		b.data = append(b.data, chunk...)
	}
	b.changed.Release()
	b.full = len(b.data) >= bodyWindow
	return !b.full
}

// end ends the body, with io.EOF as complete. What was written is still sent.
func (b *writtenBody) end(reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = reason
		b.changed.Release()
	}
}

// next implements bodyReader.
func (b *writtenBody) next() ([]byte, error) {
	b.mu.Lock()
	for len(b.data) == 0 {
		if b.err != nil {
			defer b.mu.Unlock()
			return nil, b.err
		}
		changed := b.changed.Next()
		b.mu.Unlock()
		<-changed
		b.mu.Lock()
	}
	data, full := b.data, b.full
	b.data, b.full = nil, false
	b.mu.Unlock()
	if full {
		b.onRoom()
	}
	return data, nil
}

// cancel implements bodyReader.
func (b *writtenBody) cancel(reason error) {
	b.mu.Lock()
	open := b.err == nil
	if open {
		b.err = reason
		b.changed.Release()
	}
	b.data = nil
	b.mu.Unlock()
	if open {
		b.onCancel(reason)
	}
}

var _, _ bodyReader = (*receivedBody)(nil), (*writtenBody)(nil)
