package deflate

import "github.com/klauspost/compress/flate"

// encoder compresses a piece of a message behind a dictionary. It is what the pools
// lend; between two pieces it knows nothing of a connection.
type encoder struct {
	w          *flate.Writer // nil: the library's compressor without state
	dictionary []byte        // a copy: the writer keeps it until it gets the next
	out        []byte
}

// small is the size below which the library's Writer searches nothing, so that no
// message of such size would ever shrink, however often it has been sent before.
const small = 128

// The kinds of encoders: one for small pieces, one per level at the largest window,
// one per smaller window.
var (
	smallEncoders  = newPool(func() *encoder { return &encoder{} })
	levelEncoders  [9 + 1]*pool[encoder]
	windowEncoders [maxBits]*pool[encoder]
)

func init() {
	for level := 1; level < len(levelEncoders); level++ {
		levelEncoders[level] = newPool(func() *encoder { return newEncoder(flate.NewWriter(nil, level)) })
	}
	for bits := minBits; bits < len(windowEncoders); bits++ {
		windowEncoders[bits] = newPool(func() *encoder { return newEncoder(flate.NewWriterWindow(nil, 1<<bits)) })
	}
}

// newEncoder needs no error: the library refuses levels and windows out of range,
// and these come from the loops above.
func newEncoder(w *flate.Writer, _ error) *encoder { return &encoder{w: w} }

// encode appends the compressed piece to dst, up to and including the four bytes
// that end a flush.
func (e *encoder) encode(dst, dictionary, piece []byte) []byte {
	e.out = dst
	// The library passes on the errors of what it writes to, and Write has none.
	if e.w == nil {
		_ = flate.StatelessDeflate(e, piece, false, dictionary)
	} else {
		e.dictionary = append(e.dictionary[:0], dictionary...)
		e.w.ResetDict(e, e.dictionary)
		_, _ = e.w.Write(piece)
		_ = e.w.Flush()
	}
	dst, e.out = e.out, nil
	return dst
}

// Write takes what the library has compressed.
func (e *encoder) Write(p []byte) (int, error) {
	e.out = append(e.out, p...)
	return len(p), nil
}
