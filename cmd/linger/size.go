package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// size is a flag value that is a number of bytes above 0: 65536, 64KiB, 1MiB, 1MB.
type size int64

// units are the suffixes of a size, in lower case; sizes may have them in any case. A suffix comes before those that it
// ends with itself.
var units = []struct {
	name  string
	bytes int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"b", 1}, {"", 1},
}

// Decode implements kong.MapperValue.
func (s *size) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("size", &text); err != nil {
		return err
	}
	n, ok := parseSize(text)
	if !ok {
		return fmt.Errorf("%q is not a size: give a whole number of bytes above 0, alone or with KiB, MiB or GiB, such as 1MiB", text)
	}
	*s = n
	return nil
}

// String returns the size with the largest binary unit of which it is a multiple; 0, for a flag that is not given, as the
// empty string.
func (s size) String() string {
	if s == 0 {
		return ""
	}
	for _, unit := range []struct {
		name  string
		bytes size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// parseSize parses a size. It reports false if text is not a whole number of bytes above 0 that fits an int64.
func parseSize(text string) (size, bool) {
	for _, unit := range units {
		digits, found := strings.CutSuffix(strings.ToLower(text), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64/unit.bytes {
			return 0, false
		}
		return size(n * unit.bytes), true
	}
	return 0, false
}
