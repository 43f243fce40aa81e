package deflate

import (
	"errors"
	"fmt"
)

// ErrOptions is returned by [Options.Validate].
var ErrOptions = errors.New("deflate: an option is out of range")

// Options configure the compression and its negotiation. The zero value means context
// takeover, the largest windows and the fastest level.
type Options struct {
	// NoContextTakeover compresses each message independently, in both directions.
	// Idle connections then need no window, but small messages compress badly.
	NoContextTakeover bool

	// WindowBits is the base-2 logarithm of the window size in bytes, 8 to 15; 0 means
	// 15. It applies to our direction, and is requested for the peer's, but a client that
	// does not offer client_max_window_bits uses 15. zlib cannot compress with 8; 9 is the
	// smallest value that most peers accept.
	WindowBits int

	// Level is the compression level, from 1 (fastest) to 9 (smallest); 0 means 1. It
	// applies to the largest window only. Smaller windows have one level, similar to 5.
	Level int

	// Threshold is the length in bytes from which on messages are compressed. 0 means 64
	// with context takeover and 128 without, because compressing shorter messages saves
	// too little.
	Threshold int
}

// The default thresholds. They were measured with chat messages in JSON: with a window,
// 60 bytes become 15; without one, 100 bytes remain 100 and 127 become 91.
const (
	thresholdTakeover   = 64
	thresholdNoTakeover = 128
)

// Validate returns an error if a field is out of range. The error matches [ErrOptions] and
// names the field. Other functions replace a value that is out of range with the nearest
// valid one.
func (o Options) Validate() error {
	switch {
	case o.WindowBits != 0 && (o.WindowBits < minBits || o.WindowBits > maxBits):
		return fmt.Errorf("%w: WindowBits is %d, expected 8 to 15, or 0 for 15", ErrOptions, o.WindowBits)
	case o.Level < 0 || o.Level > 9:
		return fmt.Errorf("%w: Level is %d, expected 1 to 9, or 0 for 1", ErrOptions, o.Level)
	case o.Threshold < 0:
		return fmt.Errorf("%w: Threshold is %d bytes, expected 1 or more, or 0 for the default", ErrOptions, o.Threshold)
	}
	return nil
}

func (o Options) bits() int {
	if o.WindowBits == 0 {
		return maxBits
	}
	return min(max(o.WindowBits, minBits), maxBits)
}

func (o Options) level() int { return min(max(o.Level, 1), 9) }

func (o Options) threshold(w Window) int {
	switch {
	case o.Threshold > 0:
		return o.Threshold
	case w.NoContextTakeover:
		return thresholdNoTakeover
	}
	return thresholdTakeover
}
