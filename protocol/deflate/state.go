package deflate

import (
	"bytes"
	"errors"
)

// ErrState is the error of a state with which a Deflater or an Inflater cannot be restored.
var ErrState = errors.New("deflate: the state is larger than the window")

// AppendState appends the state of the Deflater to b and returns the extended slice: the
// last bytes of the messages that were sent, uncompressed, which the peer has in its window.
// That is all, because each frame ends with a flush: it may be called between the frames of
// a message too.
func (d *Deflater) AppendState(b []byte) []byte { return append(b, d.history.data...) }

// Restore sets the state that [Deflater.AppendState] has written, on a Deflater that has
// not been used. The window must have the same size or be larger; otherwise the error is
// [ErrState]. The options may differ.
func (d *Deflater) Restore(state []byte) error { return d.history.restore(state) }

// Window returns the window with which the Deflater was created.
func (d *Deflater) Window() Window { return d.window }

// AppendState appends the state of the Inflater to b and returns the extended slice: the
// last bytes of the messages that were received, uncompressed. A message that has arrived in
// part is not among it, because Inflate takes complete messages.
func (i *Inflater) AppendState(b []byte) []byte { return append(b, i.history.data...) }

// Restore sets the state that [Inflater.AppendState] has written, on an Inflater with the
// same window that has not been used. The error is [ErrState].
func (i *Inflater) Restore(state []byte) error { return i.history.restore(state) }

// Window returns the window with which the Inflater was created.
func (i *Inflater) Window() Window { return i.window }

// restore sets the content of the window.
func (h *history) restore(data []byte) error {
	if len(data) > h.limit {
		return ErrState
	}
	h.data = nil
	if len(data) > 0 {
		h.data = bytes.Clone(data)
	}
	return nil
}
