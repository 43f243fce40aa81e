package deflate

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
)

// decoder inflates one message. It is what the pool lends; between two messages it
// knows nothing of a connection.
type decoder struct {
	flate inflater
	in    *bufio.Reader // the library reads from one in a fast path of its own
	rest  []byte        // of the message
	end   []byte        // what of ending is still to be read
	out   []byte
	room  int // bytes that out may still take
}

// inflater is what the library's reader is.
type inflater interface {
	flate.Resetter
	io.WriterTo
}

const inputBuffer = 2 << 10

var decoders = newPool(func() *decoder {
	d := &decoder{in: bufio.NewReaderSize(nil, inputBuffer)}
	d.flate, _ = flate.NewReader(d.in).(inflater) // promised by its documentation
	return d
})

// ending is put behind each message: the tail that its sender has left out
// (RFC 7692, section 7.2.2), and an empty block that is marked as the last, so that
// the library tells a whole message from one that was cut.
var ending = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// open starts a message; what it inflates to is appended to dst.
func (d *decoder) open(dst, message []byte, limit int) {
	d.rest, d.end, d.out, d.room = message, ending, dst, limit
	d.in.Reset((*source)(d))
}

// close lets go of all that belongs to the connection.
func (d *decoder) close() { d.rest, d.end, d.out = nil, nil, nil }

// run inflates up to the end of the next block that is marked as the last, and
// reports whether that was the end of the message.
func (d *decoder) run(dictionary []byte) (done bool, err error) {
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
	case left < len(ending): // a last block that needs a part of our ending was cut
		return false, corrupt(io.ErrUnexpectedEOF)
	}
	// The block was marked as the last by the peer. Others may follow at the next
	// byte: RFC 7692, section 7.2.3.4. A peer that leaves out the empty block which
	// should, has still said all.
	return left == len(ending), nil
}

// corrupt gives the library's errors our name.
func corrupt(err error) error {
	if errors.Is(err, ErrTooBig) {
		return ErrTooBig
	}
	return &corruptError{cause: err}
}

// source is the decoder as what the library reads from: the message, then the ending.
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

// sink is the decoder as what the library writes to.
type sink decoder

// Write keeps the limit: no more than that is ever there.
func (s *sink) Write(p []byte) (int, error) {
	if len(p) > s.room {
		return 0, ErrTooBig
	}
	s.room -= len(p)
	s.out = append(s.out, p...)
	return len(p), nil
}
