package main

import (
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
)

// size is a number of bytes on the command line: 65536, 64KiB, 1MiB, 1MB.
type size int64

// UnmarshalText reads a size, which is at least one byte.
func (s *size) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n == 0 || n > math.MaxInt64 {
		return fmt.Errorf("%q is no size: give bytes, or a number with KiB, MiB or GiB, such as 1MiB", text)
	}
	*s = size(n)
	return nil
}
