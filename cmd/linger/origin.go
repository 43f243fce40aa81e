package main

import (
	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
)

// originPattern is a flag value that is a pattern for linger.Origins.
type originPattern string

// Decode implements kong.MapperValue. It checks the pattern, so that an error is reported before anything is loaded.
func (p *originPattern) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("pattern", &text); err != nil {
		return err
	}
	_, err := linger.Origins(text)
	*p = originPattern(text)
	return err
}

// toStrings converts flag values to strings.
func toStrings[T ~string](flags []T) []string {
	list := make([]string, 0, len(flags))
	for _, flag := range flags {
		list = append(list, string(flag))
	}
	return list
}
