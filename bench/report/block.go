package report

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The lines of a page between which the table is written.
const (
	BlockBegin = "<!-- bench:begin -->"
	BlockEnd   = "<!-- bench:end -->"
)

// ErrNoBlock is returned for a page without [BlockBegin] and [BlockEnd].
var ErrNoBlock = errors.New("the page has no block for the table: add the lines " + BlockBegin + " and " + BlockEnd)

// ReplaceBlock returns page with text as the content of its block.
func ReplaceBlock(page, text string) (string, error) {
	before, rest, begins := strings.Cut(page, BlockBegin)
	_, after, ends := strings.Cut(rest, BlockEnd)
	if !begins || !ends {
		return "", ErrNoBlock
	}
	return before + BlockBegin + "\n\n" + strings.TrimSpace(text) + "\n\n" + BlockEnd + after, nil
}

// ReplaceIn replaces the block of a page in a file, as [ReplaceBlock] does.
func ReplaceIn(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	replaced, err := ReplaceBlock(string(page), text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(replaced), 0o644)
}
