package deflate

import "errors"

// The errors of [Inflater.Inflate]. With each the connection has to be failed.
var (
	// ErrTooBig means that a message inflates to more than the limit.
	ErrTooBig = errors.New("deflate: the message inflates to more than the limit; expected a smaller one")
	// ErrCorrupt means that a message is not what RFC 1951 calls DEFLATE data, is cut,
	// or refers to bytes that were never in the window.
	ErrCorrupt = errors.New("deflate: the compressed message is corrupt; expected DEFLATE data, RFC 7692, section 7.2.1")
)

// corruptError is ErrCorrupt with its cause.
type corruptError struct{ cause error }

func (e *corruptError) Error() string { return ErrCorrupt.Error() + ": " + e.cause.Error() }

func (e *corruptError) Unwrap() []error { return []error{ErrCorrupt, e.cause} }
