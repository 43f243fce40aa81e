package deflate

import "github.com/klauspost/compress/flate"

// encoder compresses pieces of messages with a dictionary. Encoders are pooled; between
// two pieces an encoder keeps no reference to data of a connection.
type encoder struct {
	w          *flate.Writer // nil for the library's stateless compressor
	dictionary []byte        // a copy, because the writer keeps it until it is reset
	out        []byte        // the output so far
}

// small is the size below which the library's Writer does not search for matches. Smaller
// messages are compressed with the stateless compressor: otherwise they would never
// shrink, even if the window contained them.
const small = 128

// The pools of encoders: for small pieces; for each level, with the largest window; and
// for each smaller window.
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

// newEncoder ignores the error, which the library returns only for levels and windows
// that are out of range.
func newEncoder(w *flate.Writer, _ error) *encoder { return &encoder{w: w} }

// encode appends the compressed piece to dst and returns the extended slice. It ends with
// a flush, the four bytes of tail included.
func (e *encoder) encode(dst, dictionary, piece []byte) []byte {
	e.out = dst
	// The library only returns errors of Write, which never fails.
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

// Write appends compressed data to the output.
func (e *encoder) Write(p []byte) (int, error) {
	e.out = append(e.out, p...)
	return len(p), nil
}
