package deflate

import "errors"

// Inflater inflates the messages of one direction of one connection. It is for one
// goroutine at a time.
type Inflater struct {
	window  Window
	history history
}

// NewInflater returns an Inflater for the direction one receives from.
func NewInflater(w Window) *Inflater {
	return &Inflater{window: w, history: history{limit: w.size()}}
}

// maxLast bounds the blocks of one message that are marked as the last. A sender
// that can do no better makes one per frame; each costs a new start, so that a
// message of nothing else would cost far more than its size.
const maxLast = 16 << 10

var errManyLast = errors.New("more than 16384 blocks are marked as the last; expected one per frame at most")

// Inflate appends to dst what a message inflates to. The message is all compressed
// payload of its frames, in order; it must not overlap with dst. At most limit
// bytes are appended; a message of more ends in [ErrTooBig] before they are there.
// Data that cannot be inflated end in [ErrCorrupt]. After an error dst is returned
// as it was, and the Inflater can read no further message.
func (i *Inflater) Inflate(dst, message []byte, limit int) ([]byte, error) {
	d := decoders.take()
	defer decoders.give(d)
	d.open(dst, message, limit)
	defer d.close()
	for range maxLast {
		start := len(d.out)
		done, err := d.run(i.history.data)
		if err != nil {
			return dst, err
		}
		i.remember(d.out[start:], done)
		if done {
			return d.out, nil
		}
	}
	return dst, corrupt(errManyLast)
}

func (i *Inflater) remember(plain []byte, done bool) {
	switch {
	case !i.window.NoContextTakeover || !done:
		i.history.add(plain)
	case done: // RFC 7692, section 7.1.1
		i.history.forget()
	}
}
