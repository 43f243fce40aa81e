package deflate

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
)

// decoder inflates one message at a time. Decoders are pooled; between two messages a
// decoder keeps no data of a connection.
type decoder struct {
	flate inflater
	in    *bufio.Reader // the library is faster with a bufio.Reader than with an io.Reader
	rest  []byte        // the input that is not read yet
	end   []byte        // the part of ending that is not read yet
	out   []byte        // the output so far
	room  int           // the number of bytes that may still be appended to out
}

// inflater has the methods of the library's reader.
type inflater interface {
	flate.Resetter
	io.WriterTo
}

const inputBuffer = 2 << 10

var decoders = newPool(func() *decoder {
	d := &decoder{in: bufio.NewReaderSize(nil, inputBuffer)}
	d.flate, _ = flate.NewReader(d.in).(inflater) // documented by NewReader
	return d
})

// ending is appended to each message: the tail that its sender has removed (RFC 7692,
// section 7.2.2), and an empty block that is marked as the last, so that the library can
// distinguish a complete message from a truncated one.
var ending = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// begin starts a message. Its decompressed form, of at most limit bytes, will be appended
// to dst.
func (d *decoder) begin(dst, message []byte, limit int) {
	d.rest, d.end, d.out, d.room = message, ending, dst, limit
	d.in.Reset((*source)(d))
}

// release drops all references to data of the connection.
func (d *decoder) release() { d.rest, d.end, d.out = nil, nil, nil }

// inflate inflates up to the end of the next block that is marked as the last. It reports
// whether that is the end of the message.
func (d *decoder) inflate(dictionary []byte) (done bool, err error) {
	if err := d.flate.Reset(d.in, dictionary); err != nil {
		return false, corrupt(err)
	}
	if _, err := d.flate.WriteTo((*sink)(d)); err != nil {
		return false, corrupt(err)
	}
	left := d.in.Buffered() + len(d.rest) + len(d.end)
	switch {
	case left == 0:
		return true, nil
	case left < len(ending): // the block extends into ending, so it was truncated
		return false, corrupt(io.ErrUnexpectedEOF)
	}
	// The peer has marked the block as the last. More blocks may follow at the next byte
	// boundary (RFC 7692, section 7.2.3.4). The message is complete even if the peer omits
	// the empty block that should follow.
	return left == len(ending), nil
}

// corrupt wraps an error of the library in ErrCorrupt. It does not wrap ErrTooBig.
func corrupt(err error) error {
	if errors.Is(err, ErrTooBig) {
		return ErrTooBig
	}
	return &corruptError{cause: err}
}

// source is a decoder as the reader of the compressed data: the message, then ending.
type source decoder

func (s *source) Read(p []byte) (int, error) {
	from := &s.rest
	if len(s.rest) == 0 {
		from = &s.end
	}
	if len(*from) == 0 {
		return 0, io.EOF
	}
	n := copy(p, *from)
	*from = (*from)[n:]
	return n, nil
}

// sink is a decoder as the writer of the decompressed data.
type sink decoder

// Write appends p to the output, or returns ErrTooBig if it would exceed the limit.
func (s *sink) Write(p []byte) (int, error) {
	if len(p) > s.room {
		return 0, ErrTooBig
	}
	s.room -= len(p)
	s.out = append(s.out, p...)
	return len(p), nil
}
