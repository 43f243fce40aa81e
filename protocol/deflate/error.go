package deflate

import "errors"

// The errors of [Inflater.Inflate]. After either the connection must be failed.
var (
	// ErrTooBig means that a message inflates to more than the limit.
	ErrTooBig = errors.New("deflate: the message inflates to more than the limit")
	// ErrCorrupt means that a message is not DEFLATE data (RFC 1951), is truncated, or
	// refers to bytes that were never in the window.
	ErrCorrupt = errors.New("deflate: the compressed message is corrupt (RFC 7692, section 7.2.2)")
)

// corruptError wraps ErrCorrupt and its cause.
type corruptError struct{ cause error }

func (e *corruptError) Error() string { return ErrCorrupt.Error() + ": " + e.cause.Error() }

func (e *corruptError) Unwrap() []error { return []error{ErrCorrupt, e.cause} }
