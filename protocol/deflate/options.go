package deflate

import (
	"errors"
	"fmt"
)

// ErrOptions is what [Options.Validate] reports.
var ErrOptions = errors.New("deflate: options are out of range")

// Options say how to compress and what to agree to. The zero value is complete:
// context takeover, the largest windows, the fastest level.
type Options struct {
	// NoContextTakeover compresses each message on its own, in both directions.
	// Idle connections then hold no window; small messages compress badly.
	NoContextTakeover bool

	// WindowBits is the base-2 logarithm of the window, 8 to 15; 0 means 15. It is
	// used for what is sent and asked of the peer, who may be unable to obey: a
	// client that does not offer client_max_window_bits keeps 15. With zlib, 8 is
	// no window one can compress with; 9 is the smallest that most peers accept.
	WindowBits int

	// Level is 1, fast, to 9, small; 0 means 1. It counts with the largest window
	// only: the smaller ones have one level, which is like 5.
	Level int

	// Threshold is the size in bytes below which a message is not worth compressing.
	// 0 means 64 with context takeover and 128 without: smaller ones save too few
	// bytes for the work.
	Threshold int
}

// Measured with chat messages in JSON, as they leave the encoder: with a window
// behind them 60 bytes become 15; without one 100 bytes stay 100, and 127 become 91.
const (
	thresholdTakeover = 64
	thresholdFresh    = 128
)

// Validate returns an error that is [ErrOptions] and names the field, if one is
// out of range. Where options are used, what is out of range counts as the nearest
// value in range.
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
		return thresholdFresh
	}
	return thresholdTakeover
}
