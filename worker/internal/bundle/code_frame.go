package bundle

import (
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Message is a problem with notes, to be formatted for a terminal.
type Message struct {
	Problem
	Warning bool
	Notes   []Problem
}

// Format formats messages for a terminal. A message or note whose position is known is followed by the
// line of the source, with a caret under the part that is wrong. color adds colours.
func Format(messages []Message, color bool) string {
	var out strings.Builder
	for _, m := range messages {
		kind := api.ErrorMessage
		if m.Warning {
			kind = api.WarningMessage
		}
		message := api.Message{Text: m.Text, Location: m.location()}
		if message.Location == nil && m.File != "" {
			message.Text = m.File + ": " + m.Text
		}
		positions := []Position{m.Position}
		for _, note := range m.Notes {
			message.Notes = append(message.Notes, api.Note{Text: note.Text, Location: note.location()})
			positions = append(positions, note.Position)
		}
		for _, text := range api.FormatMessages([]api.Message{message}, api.FormatMessagesOptions{Kind: kind, Color: color}) {
			out.WriteString(columnsFromOne(text, positions))
		}
	}
	return out.String()
}

// columnsFromOne increments the column numbers in a formatted message: the bundler counts from 0, editors and all other
// output of Linger from 1. positions are those of the message and its notes, in the order of the text.
func columnsFromOne(text string, positions []Position) string {
	var out string
	for _, at := range positions {
		if at.File == "" || at.Line == 0 || at.Column == 0 {
			continue
		}
		place := fmt.Sprintf("    %s:%d:", at.File, at.Line)
		before, after, found := strings.Cut(text, fmt.Sprintf("%s%d:\n", place, at.Column-1))
		if found {
			out += before + fmt.Sprintf("%s%d:\n", place, at.Column)
			text = after
		}
	}
	return out + text
}

// location returns the position of a problem in the form of the bundler, nil if it is not known.
func (p Problem) location() *api.Location {
	if p.File == "" || p.Line == 0 {
		return nil
	}
	return &api.Location{File: p.File, Line: p.Line, Column: max(p.Column-1, 0), Length: p.Length, LineText: p.Source}
}
