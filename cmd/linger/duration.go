package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// duration is a flag value above 0 in the notation of time.ParseDuration: 500ms, 30s, 2m.
type duration time.Duration

// Decode implements kong.MapperValue.
func (d *duration) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	n, err := time.ParseDuration(text)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is not a duration: give a number above 0 with its unit, such as 500ms, 30s or 2m", text)
	}
	*d = duration(n)
	return nil
}

// String returns the duration in the notation of the flag, such as 5m; 0, for a flag that is not given, as the empty string.
func (d duration) String() string {
	if d == 0 {
		return ""
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// durationOrNever is a flag value that is a duration, or the word never, which is 0.
type durationOrNever time.Duration

// Decode implements kong.MapperValue.
func (d *durationOrNever) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Value == "never" {
		ctx.Scan.Pop()
		*d = 0
		return nil
	}
	return (*duration)(d).Decode(ctx)
}

// String returns the duration in the notation of the flag.
func (d durationOrNever) String() string {
	if d == 0 {
		return "never"
	}
	return duration(d).String()
}

// workerOption converts d to the convention of worker.Options, where 0 means the default and a negative duration means
// never.
func (d durationOrNever) workerOption() time.Duration {
	if d == 0 {
		return -1
	}
	return time.Duration(d)
}
