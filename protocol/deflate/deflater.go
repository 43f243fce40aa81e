package deflate

import "bytes"

// Deflater compresses the messages of one direction of a connection. It is not safe for
// concurrent use.
type Deflater struct {
	window    Window
	history   history
	level     int
	threshold int
}

// NewDeflater returns a Deflater for a direction with window w. It uses only Level and
// Threshold of o, since the window results from the other options.
func NewDeflater(w Window, o Options) *Deflater {
	return &Deflater{
		window:    w,
		history:   history{limit: w.size()},
		level:     o.level(),
		threshold: o.threshold(w),
	}
}

// Worth reports whether a message of size bytes is worth compressing: see
// [Options.Threshold].
func (d *Deflater) Worth(size int) bool { return size >= d.threshold }

// tail is the end of every flush. It is removed at the end of a message (RFC 7692,
// section 7.2.1).
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// Deflate appends the compressed form of payload, the payload of one frame, to dst and
// returns the extended slice. fin reports whether the frame is the last of its message.
// Each call flushes, so the receiver can inflate a frame when it has arrived. The last
// frame may be empty (RFC 7692, section 7.2.3.6). payload and dst must not overlap.
func (d *Deflater) Deflate(dst, payload []byte, fin bool) []byte {
	out := d.encode(dst, payload)
	if fin {
		out = bytes.TrimSuffix(out, tail) // RFC 7692, section 7.2.1
	}
	d.updateHistory(payload, fin)
	return out
}

func (d *Deflater) encode(dst, payload []byte) []byte {
	encoders := d.encoders(len(payload))
	e := encoders.get()
	defer encoders.put(e)
	return e.encode(dst, d.dictionary(len(payload)), payload)
}

// Sent adds a message to the window that was compressed with [Prepare] and sent on this
// connection. payload is its uncompressed form. The peer has it in its window too.
func (d *Deflater) Sent(payload []byte) { d.updateHistory(payload, true) }

func (d *Deflater) updateHistory(payload []byte, fin bool) {
	switch {
	case !d.window.NoContextTakeover || !fin:
		d.history.write(payload)
	case fin: // RFC 7692, section 7.1.1
		d.history.reset()
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

// reach is the number of bytes of the window that are searched for an empty message.
// Filling the search tables with 32 KiB takes ten times as long as compressing 200 bytes,
// and for chat messages it saves no more than 2 KiB does.
const reach = 2 << 10

// dictionary returns the part of the window that is used to compress a piece of size
// bytes. It grows with size, so that a large document that is sent again is found.
func (d *Deflater) dictionary(size int) []byte {
	n := reach + 2*size
	if size < small {
		// The library's stateless compressor has a window of 32 KiB. Its whole input must fit
		// into our window, so that no distance is too long.
		n = min(n, d.window.size()-size)
	}
	return d.history.last(n)
}
