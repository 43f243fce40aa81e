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

// texts returns the patterns as linger.Origins takes them.
func texts(patterns []originPattern) []string {
	list := make([]string, 0, len(patterns))
	for _, p := range patterns {
		list = append(list, string(p))
	}
	return list
}
