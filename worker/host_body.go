package worker

import (
	"context"
	"io"
	"sync"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// bodies has the bodies that the script of an instance reads, writes or passes on, by their numbers.
type bodies struct {
	awaited int // the calls of ReadBody that are not answered; only the goroutine of the event loop uses it

	mu       sync.Mutex
	received map[int]*receivedBody
	written  map[int]*writtenBody
	last     int  // the highest number of a received body
	arriving int  // the bodies of answers that have not arrived completely
	sending  int  // the responses whose bodies are being sent
	closed   bool // the instance has ended
}

// addReceived adds a received body and returns its number.
func (h *hostAPI) addReceived(b *receivedBody) int {
	h.bodies.mu.Lock()
	h.bodies.last++
	number := h.bodies.last
	h.bodies.mu.Unlock()
	h.replaceReceived(number, b)
	return number
}

// replaceReceived makes b the received body with a number. It fails if the instance has ended.
func (h *hostAPI) replaceReceived(number int, b *receivedBody) {
	all := &h.bodies
	all.mu.Lock()
	closed := all.closed
	if all.received == nil {
		all.received = map[int]*receivedBody{}
	}
	b.deliver = func() {
		h.arrivals.Add(loop.Arrival{Run: func() error { return h.deliverChunk(number) }, Drop: func() {}})
	}
	if !closed {
		all.received[number] = b
	}
	all.mu.Unlock()
	if closed {
		b.cancel(errInstanceEnd)
	}
}

// findReceived returns the received body with a number, nil if there is none.
func (all *bodies) findReceived(number int) *receivedBody {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.received[number]
}

// removeReceived removes a received body, which is complete, failed or passed on.
func (all *bodies) removeReceived(number int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.received, number)
}

// addWritten adds a body that the script writes, with the number that the script has given to it.
func (h *hostAPI) addWritten(number int) *writtenBody {
	b := &writtenBody{
		onRoom: func() {
			h.arrivals.Add(loop.Arrival{Run: func() error { return h.caller.dispatchInTurn(&script.BodyRoom{Body: number}) }, Drop: func() {}})
		},
		onCancel: func(reason error) {
			h.arrivals.Add(loop.Arrival{Run: func() error {
				h.bodies.removeWritten(number)
				return h.caller.dispatchInTurn(&script.BodyCancelled{Body: number, Reason: reason.Error()})
			}, Drop: func() {}})
		},
	}
	all := &h.bodies
	all.mu.Lock()
	closed := all.closed
	if all.written == nil {
		all.written = map[int]*writtenBody{}
	}
	all.written[number] = b
	all.mu.Unlock()
	if closed {
		b.end(errInstanceEnd)
	}
	return b
}

// removeWritten removes a body that the script writes, and returns it, nil if there is none.
func (all *bodies) removeWritten(number int) *writtenBody {
	all.mu.Lock()
	defer all.mu.Unlock()
	b := all.written[number]
	delete(all.written, number)
	return b
}

// close ends all bodies, because the instance has ended. Any goroutine may call it.
func (all *bodies) close() {
	all.mu.Lock()
	received, written := all.received, all.written
	all.received, all.written, all.closed = nil, nil, true
	all.mu.Unlock()
	for _, b := range received {
		b.cancel(errInstanceEnd)
	}
	for _, b := range written {
		b.end(errInstanceEnd)
	}
}

// inProgress returns a description of the responses that are being sent, "" for none.
func (all *bodies) inProgress() string {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.sending > 0 {
		return "a response is being sent"
	}
	return ""
}

// isArriving reports whether the answer to a fetch has not arrived completely, or the script waits for a chunk of a body.
func (all *bodies) isArriving() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.arriving > 0 || all.awaited > 0
}

// countArriving adds n to the number of answers that have not arrived completely.
func (all *bodies) countArriving(n int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.arriving += n
}

// countSending adds n to the number of responses that are being sent, which the shutdown of the application awaits.
func (h *hostAPI) countSending(n int) {
	h.bodies.mu.Lock()
	h.bodies.sending += n
	h.bodies.mu.Unlock()
	h.app.pending.add(n)
}

// ReadBody implements [script.Requests].
func (h *hostAPI) ReadBody(number int, whole bool) *script.BodyChunk {
	b := h.bodies.findReceived(number)
	if b == nil {
		chunk := failureChunk(errInstanceEnd.Error())
		chunk.Body = number
		return chunk
	}
	if b.coding != "" {
		b = b.decode()
		h.replaceReceived(number, b)
	}
	chunk := b.take(whole)
	if chunk == nil {
		b.awaitedWhole = whole
		h.bodies.awaited++
		return nil
	}
	return h.passChunk(number, chunk)
}

// deliverChunk passes what the script waits for to it.
func (h *hostAPI) deliverChunk(number int) error {
	h.bodies.awaited--
	b := h.bodies.findReceived(number)
	if b == nil { // cancelled
		return nil
	}
	chunk := b.take(b.awaitedWhole)
	if chunk == nil { // a chunk has been discarded since
		return nil
	}
	return h.caller.dispatchInTurn(h.passChunk(number, chunk))
}

// passChunk completes a chunk for the script, and removes the body after its last one.
func (h *hostAPI) passChunk(number int, chunk *script.BodyChunk) *script.BodyChunk {
	chunk.Body = number
	if chunk.End || chunk.Failure != nil {
		h.bodies.removeReceived(number)
	}
	return chunk
}

// CancelBody implements [script.Calls].
func (h *hostAPI) CancelBody(number int) {
	if b := h.bodies.findReceived(number); b != nil {
		h.bodies.removeReceived(number)
		b.cancel(errBodyConsumed)
	}
}

// WriteBody implements [script.Calls].
func (h *hostAPI) WriteBody(number int, chunk []byte) bool {
	h.bodies.mu.Lock()
	b := h.bodies.written[number]
	h.bodies.mu.Unlock()
	return b != nil && b.write(chunk)
}

// EndBody implements [script.Calls].
func (h *hostAPI) EndBody(number int) {
	if b := h.bodies.removeWritten(number); b != nil {
		b.end(io.EOF)
	}
}

// AbortBody implements [script.Calls].
func (h *hostAPI) AbortBody(number int) {
	if b := h.bodies.removeWritten(number); b != nil {
		b.end(errBodyAborted)
	}
}

// bodyOf returns the reader of a body that is passed on or written, and its length in bytes, -1 if it is unknown. The reader is
// nil for a body without content, and for one that has arrived completely, which is returned as content.
func (h *hostAPI) bodyOf(body script.Body) (content []byte, reader bodyReader, length int64) {
	switch {
	case body.Written != 0:
		return nil, h.addWritten(body.Written), -1
	case body.Received == 0:
		return body.Content, nil, int64(len(body.Content))
	}
	b := h.bodies.findReceived(body.Received)
	h.bodies.removeReceived(body.Received)
	if b == nil {
		return nil, ended{}, -1
	}
	if body.Decode && b.coding != "" {
		b = b.decode()
	} else if whole, ok := b.whole(); ok {
		return whole, nil, int64(len(whole))
	}
	b.passOn()
	if body.Notify {
		h.notifyAtEnd(body.Received, b)
	}
	return nil, b, b.length
}

// notifyAtEnd keeps a body that is passed on among the received ones until it has ended, and then reports that to the script.
func (h *hostAPI) notifyAtEnd(number int, b *receivedBody) {
	h.replaceReceived(number, b)
	go func() {
		<-b.ended
		h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
			h.bodies.removeReceived(number)
			return h.caller.dispatchInTurn(&script.BodyChunk{Body: number, End: true})
		}})
	}()
}

// ended is the reader of a body whose instance has ended.
type ended struct{}

func (ended) next() ([]byte, error) { return nil, errInstanceEnd }
func (ended) cancel(error)          {}

// Watch implements [script.Calls].
func (h *hostAPI) Watch(id int) bool {
	e := h.events.get(id)
	if e == nil || e.request == nil {
		return false
	}
	if e.request.Err() != nil {
		return true
	}
	context.AfterFunc(e.request, func() {
		h.arrivals.Add(loop.Arrival{Run: func() error { return h.caller.dispatchInTurn(&script.Disconnected{Event: id}) }, Drop: func() {}})
	})
	return false
}
