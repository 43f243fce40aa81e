package deflate

import "bytes"

// Deflater compresses the messages of one direction of one connection. It is for
// one goroutine at a time.
type Deflater struct {
	window    Window
	history   history
	level     int
	threshold int
}

// NewDeflater returns a Deflater for the direction one sends in. Of the options it
// takes Level and Threshold; the rest has become the window.
func NewDeflater(w Window, o Options) *Deflater {
	return &Deflater{
		window:    w,
		history:   history{limit: w.size()},
		level:     o.level(),
		threshold: o.threshold(w),
	}
}

// Worth reports whether a message of so many bytes should be compressed at all:
// [Options.Threshold].
func (d *Deflater) Worth(size int) bool { return size >= d.threshold }

// tail ends every flush, and is left out at the end of a message: RFC 7692, section 7.2.1.
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// Deflate appends the compressed payload of one frame to dst. The payload is the
// next piece of the current message; fin says that it is the last. Every call
// flushes, so what a frame carries can be inflated when the frame is there. A last
// piece without bytes is right (RFC 7692, section 7.2.3.6). Payload and dst must
// not overlap.
func (d *Deflater) Deflate(dst, payload []byte, fin bool) []byte {
	out := d.encode(dst, payload)
	if fin {
		out = bytes.TrimSuffix(out, tail) // RFC 7692, section 7.2.1
	}
	d.remember(payload, fin)
	return out
}

func (d *Deflater) encode(dst, payload []byte) []byte {
	encoders := d.encoders(len(payload))
	e := encoders.take()
	defer encoders.give(e)
	return e.encode(dst, d.dictionary(len(payload)), payload)
}

// Sent notes a message that was compressed by [Prepare] and sent on this
// connection: it is in the peer's window, so it must be in ours.
func (d *Deflater) Sent(payload []byte) { d.remember(payload, true) }

func (d *Deflater) remember(payload []byte, fin bool) {
	switch {
	case !d.window.NoContextTakeover || !fin:
		d.history.add(payload)
	case fin: // RFC 7692, section 7.1.1
		d.history.forget()
	}
}

func (d *Deflater) encoders(size int) *pool[encoder] {
	switch bits := d.window.bits(); {
	case size < small:
		return smallEncoders
	case bits < maxBits:
		return windowEncoders[bits]
	}
	return levelEncoders[d.level]
}

// reach is how much of the window is searched for the smallest message. Filling the
// search tables with 32 KiB costs ten times what compressing 200 bytes costs, and
// in chat messages it saves no more than 2 KiB do.
const reach = 2 << 10

// dictionary returns what of the window serves a piece of so many bytes: in
// proportion, so that a large document that is sent again finds itself.
func (d *Deflater) dictionary(size int) []byte {
	n := reach + 2*size
	if size < small {
		// The library's compressor without state knows no window but 32 KiB: what it
		// sees must fit into ours, then no distance is too long.
		n = min(n, d.window.size()-size)
	}
	return d.history.last(n)
}
