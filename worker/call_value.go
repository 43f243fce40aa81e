package worker

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/worker/internal/script"
)

// parcel is a value of a call on its way from one script to another. It holds the references in the value, and its streams, until it is unpacked
// or dropped. A nil parcel is the zero value.
type parcel struct {
	text       string
	plain      bool
	bodies     []parcelBody
	references []int
	app        *App
	taken      atomic.Bool // it was unpacked or dropped
}

// parcelBody is a part of a parcel: bytes, or a stream.
type parcelBody struct {
	content []byte
	stream  *receivedBody // nil for bytes
}

// pack makes a parcel of a value of this script.
func (h *hostAPI) pack(v script.Value) *parcel {
	p := &parcel{text: v.Text, plain: v.Plain, references: v.References, app: h.app}
	for _, number := range v.References {
		h.app.references.hold(number)
	}
	for _, b := range v.Bodies {
		p.bodies = append(p.bodies, h.packBody(b))
	}
	return p
}

// packBody makes a body of this script a part of a parcel. The instance is in use until a stream has ended.
func (h *hostAPI) packBody(b script.Body) parcelBody {
	content, reader, length := h.bodyOf(b)
	if reader == nil {
		return parcelBody{content: content}
	}
	h.countSending(1)
	release := sync.OnceFunc(func() { h.countSending(-1) })
	return parcelBody{stream: passedBody(reader, length, h.generation.opts.MaxBody, release)}
}

// passedBody returns a body of a script as one that another script receives. released is called when the reader is not needed any more.
func passedBody(reader bodyReader, length, limit int64, released func()) *receivedBody {
	return newReceivedBody(&receivedBody{
		source: &bodyStream{body: reader}, length: length, limit: limit, tooLarge: &http.MaxBytesError{Limit: limit},
		explain:   func(err error) string { return err.Error() },
		interrupt: func() { reader.cancel(errBodyConsumed) },
		release: func() {
			reader.cancel(errBodyConsumed)
			released()
		},
	})
}

// unpack returns the value of a parcel for this script, which holds the references in it from now on.
func (h *hostAPI) unpack(p *parcel) script.Value {
	if p == nil || p.taken.Swap(true) {
		return script.Value{}
	}
	h.app.references.move(h, p.references)
	v := script.Value{Text: p.text, Plain: p.plain, References: p.references}
	for _, b := range p.bodies {
		received := script.Body{Content: b.content}
		if b.stream != nil {
			received.Content, received.Received = h.receiveBody(b.stream)
		}
		v.Bodies = append(v.Bodies, received)
	}
	return v
}

// size returns the approximate number of bytes of the parcel, without its streams.
func (p *parcel) size() int {
	if p == nil {
		return 0
	}
	size := len(p.text)
	for _, b := range p.bodies {
		size += len(b.content)
	}
	return size
}

// passed releases the references of a parcel that was sent to another node, which reads its streams.
func (p *parcel) passed() {
	if p == nil || p.taken.Swap(true) {
		return
	}
	for _, number := range p.references {
		p.app.references.release(number)
	}
}

// drop releases what the parcel holds, unless it was unpacked.
func (p *parcel) drop() {
	if p == nil || p.taken.Swap(true) {
		return
	}
	for _, number := range p.references {
		p.app.references.release(number)
	}
	for _, b := range p.bodies {
		if b.stream != nil {
			b.stream.cancel(errBodyConsumed)
		}
	}
}
