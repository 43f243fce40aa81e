package report

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The lines between which a page has the table.
const (
	BlockBegin = "<!-- bench:begin -->"
	BlockEnd   = "<!-- bench:end -->"
)

// ErrNoBlock tells that a page has no place for the table.
var ErrNoBlock = errors.New("the page has no place for the table: write the lines " + BlockBegin + " and " + BlockEnd + " where it belongs")

// ReplaceBlock puts text between the two marks of a page, in place of what is there.
func ReplaceBlock(page, text string) (string, error) {
	before, rest, begins := strings.Cut(page, BlockBegin)
	_, after, ends := strings.Cut(rest, BlockEnd)
	if !begins || !ends {
		return "", ErrNoBlock
	}
	return before + BlockBegin + "\n\n" + strings.TrimSpace(text) + "\n\n" + BlockEnd + after, nil
}

// ReplaceIn does so in a file.
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
