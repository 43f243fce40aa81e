package main

import (
	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
)

// originPattern is one of the origins whose pages may connect.
type originPattern string

// Decode reads a pattern for kong. A wrong one is thus an error of the command
// line, before anything is loaded.
func (p *originPattern) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("pattern", &text); err != nil {
		return err
	}
	_, err := linger.Origins(text)
	*p = originPattern(text)
	return err
}

// texts returns checked flags as plain strings.
func texts[T ~string](flags []T) []string {
	list := make([]string, 0, len(flags))
	for _, flag := range flags {
		list = append(list, string(flag))
	}
	return list
}
