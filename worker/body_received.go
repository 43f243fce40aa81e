package worker

import (
	"io"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// receivedBody is the body of a request, or of the answer to a fetch, while it arrives. A goroutine reads it ahead of its
// consumer. The consumer is the script, through take, or the goroutine that sends a body which the script passes on, through
// next.
type receivedBody struct {
	source    io.Reader
	coding    string             // the content codings of source, which are undone when the script reads it; "" for none
	length    int64              // of the body in bytes; -1 if it is unknown
	limit     int64              // of the bytes that are read as a whole
	timeout   time.Duration      // of each wait for the source, and of the wait for the first read; 0 for none
	late      error              // the failure after timeout
	tooLarge  error              // the failure beyond limit
	explain   func(error) string // returns the text of a failure for the script
	interrupt func()             // makes a Read of the source that blocks return an error
	release   func()             // called once, when the source is not read any more

	mu       sync.Mutex
	changed  latch.Latch // released when data, err or wanted has changed
	data     []byte      // has arrived, and was not consumed
	err      error       // why no more arrives; io.EOF at the end of the body, nil before
	clock    *time.Timer // expires after timeout; nil if there is none
	begun    bool        // the consumer has begun to read
	reading  bool        // the goroutine is in a Read of the source
	started  bool        // the goroutine runs or has ended
	passedOn bool        // the consumer is next
	wanted   demand      // what the script waits for

	awaitedWhole bool // the script waits for the whole body; only the goroutine of the event loop uses it

	deliver func() // called when what the script waits for has arrived; it must not block
	ended   chan struct{}
}

// demand is what a script waits for.
type demand int

const (
	nothingWanted demand = iota
	chunkWanted
	wholeWanted
)

// The sizes of the reads of a source.
const (
	firstRead = 4 << 10
	nextRead  = 32 << 10
)

// newReceivedBody returns b, whose fields from source to release are set, ready to use.
func newReceivedBody(b *receivedBody) *receivedBody {
	b.ended = make(chan struct{})
	if b.timeout > 0 {
		b.clock = time.AfterFunc(b.timeout, func() { b.fail(b.late) })
	}
	return b
}

// start starts the goroutine that reads the source. Further calls have no effect.
func (b *receivedBody) start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.startLocked()
}

func (b *receivedBody) startLocked() {
	if !b.started {
		b.started = true
		go b.readAhead()
	}
}

// decode returns a body without the content codings of b, which it consumes.
func (b *receivedBody) decode() *receivedBody {
	b.passOn()
	return newReceivedBody(&receivedBody{
		source: fetch.Decode(b.coding, &bodyStream{body: b}), length: -1, limit: b.limit,
		tooLarge: b.tooLarge, explain: b.explain,
		interrupt: func() { b.cancel(errBodyConsumed) },
		release:   func() { b.cancel(errBodyConsumed) },
	})
}

// readAhead reads the source until its end, or until the body has failed.
func (b *receivedBody) readAhead() {
	defer close(b.ended)
	defer b.release()
	size := int64(firstRead)
	if b.length >= 0 && b.length < nextRead {
		size = b.length + 1
	}
	p := make([]byte, size)
	for b.awaitRoom() {
		n, err := b.source.Read(p)
		b.add(p[:n], err)
		if n == len(p) && n < nextRead {
			p = make([]byte, nextRead)
		}
	}
}

// awaitRoom blocks until more may be read. It returns false if nothing more is needed.
func (b *receivedBody) awaitRoom() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.err == nil {
		if len(b.data) < bodyWindow || b.wanted == wholeWanted {
			b.reading = true
			return true
		}
		changed := b.changed.Next()
		b.mu.Unlock()
		<-changed
		b.mu.Lock()
	}
	return false
}

// add adds what a Read has returned.
func (b *receivedBody) add(p []byte, err error) {
	b.mu.Lock()
	b.reading = false
	if b.err != nil { // the body has failed during the Read
		b.mu.Unlock()
		return
	}
	if err != nil && len(b.data) == 0 { // the goroutine does not use p again
		b.data = p
	} else {
		b.data = append(b.data, p...)
	}
	b.err = err
	switch {
	case err != nil:
		b.disarm()
	case len(p) > 0 && b.begun: // progress
		b.arm()
	}
	b.unlockAndAnnounce()
}

// unlockAndAnnounce announces a change of the state, unlocks mu, and delivers what the script waits for if it has arrived.
func (b *receivedBody) unlockAndAnnounce() {
	b.changed.Release()
	var deliver func()
	if b.wanted == chunkWanted && (len(b.data) > 0 || b.err != nil) || b.wanted == wholeWanted && (b.err != nil || b.exceedsLimit()) {
		b.disarm()
		deliver = b.deliver
		b.wanted = nothingWanted
	}
	b.mu.Unlock()
	if deliver != nil {
		deliver()
	}
}

// exceedsLimit reports whether the body is too large to be read as a whole.
func (b *receivedBody) exceedsLimit() bool { return int64(len(b.data)) > b.limit || b.length > b.limit }

// arm begins a new wait of timeout at most. mu is held.
func (b *receivedBody) arm() {
	if b.clock != nil && b.err == nil {
		b.clock.Reset(b.timeout)
	}
}

// disarm ends the wait. mu is held.
func (b *receivedBody) disarm() {
	if b.clock != nil {
		b.clock.Stop()
	}
}

// take returns the next chunk for the script, or the whole body. It returns nil if that has not arrived; then deliver will be
// called, after which the next call of take returns it.
func (b *receivedBody) take(whole bool) *script.BodyChunk {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun = true
	b.startLocked()
	chunk := b.chunkLocked(whole)
	if chunk == nil {
		b.wanted = chunkWanted
		if whole {
			b.wanted = wholeWanted
		}
		b.arm()
	} else {
		b.disarm()
	}
	b.changed.Release()
	return chunk
}

// chunkLocked removes the next chunk or the whole body and returns it, nil if it has not arrived. mu is held.
func (b *receivedBody) chunkLocked(whole bool) *script.BodyChunk {
	if whole && b.exceedsLimit() {
		b.failLocked(b.tooLarge)
		b.err, b.data = b.tooLarge, nil
	}
	failed := b.err != nil && !isEnd(b.err)
	data := b.data
	switch {
	case failed && (whole || len(data) == 0):
		return failureChunk(b.explain(b.err))
	case whole && b.err == nil, len(data) == 0 && b.err == nil:
		return nil
	case whole:
		b.data = nil
		if data == nil {
			data = []byte{}
		}
		return &script.BodyChunk{Data: data, End: true}
	case len(data) == 0:
		return &script.BodyChunk{End: true}
	}
	b.data = nil
	return &script.BodyChunk{Data: data}
}

// whole returns a body that has arrived completely, and reports whether it has.
func (b *receivedBody) whole() ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.started || b.begun || !isEnd(b.err) || b.exceedsLimit() {
		return nil, false
	}
	data := b.data
	if data == nil {
		data = []byte{}
	}
	b.data, b.begun = nil, true
	return data, true
}

// isBegun reports whether the consumer has begun to read.
func (b *receivedBody) isBegun() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.begun
}

// passOn makes the caller of next the consumer. It does nothing if the script has begun to read.
func (b *receivedBody) passOn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.begun {
		b.begun, b.passedOn = true, true
		b.startLocked()
	}
}

// next implements bodyReader.
func (b *receivedBody) next() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.data) == 0 {
		if b.err != nil {
			return nil, b.err
		}
		b.arm()
		changed := b.changed.Next()
		b.mu.Unlock()
		<-changed
		b.mu.Lock()
	}
	b.disarm()
	data := b.data
	b.data = nil
	b.changed.Release()
	return data, nil
}

// cancel implements bodyReader. It also discards what has arrived.
func (b *receivedBody) cancel(reason error) {
	b.mu.Lock()
	b.data = nil
	b.failLocked(reason)
	b.unlockAndAnnounce()
}

// fail ends the body as incomplete, unless it has ended. The consumer gets what has arrived, and then the error.
func (b *receivedBody) fail(reason error) {
	b.mu.Lock()
	b.failLocked(reason)
	b.unlockAndAnnounce()
}

// failLocked sets err unless the body has ended. mu is held.
func (b *receivedBody) failLocked(reason error) {
	b.disarm()
	if b.err != nil {
		return
	}
	b.err = reason
	switch {
	case b.reading:
		go b.interrupt() // it may block
	case !b.started:
		b.started = true
		go func() { // release locks others
			defer close(b.ended)
			b.release()
		}()
	}
}

// failure returns why the body is incomplete, nil if it is not.
func (b *receivedBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if isEnd(b.err) {
		return nil
	}
	return b.err
}
