package deflate

import "errors"

// Inflater decompresses the messages of one direction of a connection. It is not safe for
// concurrent use.
type Inflater struct {
	window  Window
	history history
}

// NewInflater returns an Inflater for a direction with window w.
func NewInflater(w Window) *Inflater {
	return &Inflater{window: w, history: history{limit: w.size()}}
}

// maxLast limits the number of blocks of a message that are marked as the last. A sender
// that cannot flush produces one for each frame. Each requires a reset of the
// decompressor, so a message of nothing else would cost far more than its size.
const maxLast = 16 << 10

var errManyLast = errors.New("more than 16384 blocks are marked as the last")

// Inflate appends the decompressed form of a message to dst and returns the extended
// slice. message is the concatenated payload of its frames; it must not overlap with dst.
// If the result is longer than limit bytes the error is [ErrTooBig], and no more than
// limit bytes are produced. If the data is invalid the error matches [ErrCorrupt]. With an
// error dst is returned unchanged, and the Inflater must not be used again.
func (i *Inflater) Inflate(dst, message []byte, limit int) ([]byte, error) {
	d := decoders.get()
	defer decoders.put(d)
	d.begin(dst, message, limit)
	defer d.release()
	for range maxLast {
		start := len(d.out)
		done, err := d.inflate(i.history.data)
		if err != nil {
			return dst, err
		}
		i.updateHistory(d.out[start:], done)
		if done {
			return d.out, nil
		}
	}
	return dst, corrupt(errManyLast)
}

func (i *Inflater) updateHistory(plain []byte, done bool) {
	switch {
	case !i.window.NoContextTakeover || !done:
		i.history.write(plain)
	case done: // RFC 7692, section 7.1.1
		i.history.reset()
	}
}
