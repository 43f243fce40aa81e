package main

import (
	"fmt"
	"time"

	"github.com/alecthomas/kong"
)

// duration is a time on the command line, above 0: 500ms, 30s, 2m.
type duration time.Duration

// Decode reads a duration for kong.
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

// orNever is a duration on the command line, or never, which is 0.
type orNever time.Duration

// Decode reads a duration or never for kong.
func (d *orNever) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Value == "never" {
		ctx.Scan.Pop()
		*d = 0
		return nil
	}
	return (*duration)(d).Decode(ctx)
}

// option returns d as the options of package worker have it, where 0 is the default and a
// negative duration is never.
func (d orNever) option() time.Duration {
	if d == 0 {
		return -1
	}
	return time.Duration(d)
}
