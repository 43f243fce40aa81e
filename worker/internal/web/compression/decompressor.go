package compression

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
)

// The errors of a Decompressor for data that ends too early or too late. For invalid data the error is that of the package
// of the format.
var (
	ErrTruncated = errors.New("the compressed data is not complete")
	ErrTrailing  = errors.New("there is more data after the end of the compressed data")
)

// maxPart is the maximum length of a part that Read returns.
const maxPart = 32 << 10

// Decompressor decompresses data. It may be used by one goroutine at a time.
type Decompressor struct{ s *decompression }

// decompression is the state of a Decompressor. The readers of the standard library cannot continue after they have run out
// of input, so they run in a coroutine, which is suspended until there is more.
type decompression struct {
	resume func() ([]byte, bool) // returns a part, or nil if more input is needed; false when the coroutine has ended
	stop   func()
	input  []byte // has not been read yet
	ended  bool   // End has been called
	err    error  // why the coroutine has ended; io.EOF at the end of the data
}

// NewDecompressor returns a Decompressor for a format. The error is not nil if the format is unknown.
func NewDecompressor(format Format) (*Decompressor, error) {
	open, ok := openers[format]
	if !ok {
		return nil, fmt.Errorf("%w %q", errUnknownFormat, format)
	}
	s := new(decompression)
	s.resume, s.stop = iter.Pull(s.run(open))
	d := &Decompressor{s}
	// Ends the coroutine of a Decompressor that is not closed. It refers to s, but not to d.
	runtime.AddCleanup(d, func(stop func()) { stop() }, s.stop)
	return d, nil
}

var openers = map[Format]func(flate.Reader) (io.Reader, error){
	Deflate:    func(r flate.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	DeflateRaw: func(r flate.Reader) (io.Reader, error) { return flate.NewReader(r), nil },
	Gzip: func(r flate.Reader) (io.Reader, error) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		z.Multistream(false) // a second member is an error (Compression Standard, section 4)
		return z, nil
	},
}

// Write adds compressed data, which must not be changed. Read must have returned nil before.
func (d *Decompressor) Write(data []byte) { d.s.input = data }

// End marks the end of the compressed data: Write must not be called after it.
func (d *Decompressor) End() { d.s.ended = true }

// Read returns the next part of the decompressed data, which is valid until the next call. It returns nil if it needs more
// compressed data or End, and after End when all data has been returned. The error is ErrTruncated, ErrTrailing, or one about invalid
// data.
func (d *Decompressor) Read() ([]byte, error) {
	s := d.s
	if s.err == nil {
		if part, ok := s.resume(); ok {
			return part, nil
		}
	}
	switch {
	case s.err == nil: // d is closed
		return nil, ErrTruncated
	case !errors.Is(s.err, io.EOF):
		return nil, s.err
	case len(s.input) > 0:
		return nil, ErrTrailing
	}
	return nil, nil
}

// Close releases the resources of d, which cannot be used any more.
func (d *Decompressor) Close() { d.s.stop() }

// run returns the coroutine, which yields parts of the decompressed data, and nil when it needs input.
func (s *decompression) run(open func(flate.Reader) (io.Reader, error)) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		source := &source{s: s, yield: yield}
		r, err := open(source)
		buffer := make([]byte, maxPart)
		for err == nil {
			var n int
			n, err = r.Read(buffer)
			if n > 0 && !source.closed {
				source.closed = !yield(buffer[:n])
			}
			if source.closed {
				return
			}
		}
		if source.truncated {
			err = ErrTruncated
		}
		s.err = err
	}
}

// source is the input of a reader, in the coroutine.
type source struct {
	s         *decompression
	yield     func([]byte) bool
	closed    bool // the Decompressor is closed
	truncated bool // the reader needs input after the end
}

// fill waits for input. It returns io.ErrUnexpectedEOF at the end of the input, and after the Decompressor has been closed.
func (r *source) fill() error {
	for len(r.s.input) == 0 {
		if r.s.ended {
			r.truncated = true
		} else if !r.closed {
			r.closed = !r.yield(nil)
		}
		if r.closed || r.truncated {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// ReadByte implements io.ByteReader.
func (r *source) ReadByte() (byte, error) {
	if len(r.s.input) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	b := r.s.input[0]
	r.s.input = r.s.input[1:]
	return b, nil
}

// Read implements io.Reader.
func (r *source) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.s.input)
	r.s.input = r.s.input[n:]
	return n, nil
}
