package worker

import (
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Frames returns problems for people who read a terminal: each over several lines, with the line of the source and a
// caret under what is wrong, where they are known, and in colours if color is set. The text of a log has them on a line
// each: [LoadError.Error].
func Frames(problems []Problem, color bool) string {
	var out strings.Builder
	for _, p := range problems {
		kind := api.ErrorMessage
		if p.Warning {
			kind = api.WarningMessage
		}
		for _, text := range api.FormatMessages([]api.Message{p.message()}, api.FormatMessagesOptions{Kind: kind, Color: color}) {
			out.WriteString(fromOne(text, p))
		}
	}
	return out.String()
}

// fromOne has the column of a problem count from 1, as everywhere else and in editors; the bundler counts from 0.
func fromOne(text string, p Problem) string {
	if p.Line == 0 || p.Column == 0 {
		return text
	}
	place := fmt.Sprintf("%s:%d:", p.File, p.Line)
	return strings.Replace(text, fmt.Sprintf("%s%d:", place, p.Column-1), fmt.Sprintf("%s%d:", place, p.Column), 1)
}

// message is a problem as the bundler has it.
func (p Problem) message() api.Message {
	switch {
	case p.File == "":
		return api.Message{Text: p.Text}
	case p.Line == 0:
		return api.Message{Text: p.File + ": " + p.Text}
	}
	return api.Message{Text: p.Text, Location: &api.Location{
		File: p.File, Line: p.Line, Column: max(p.Column-1, 0), Length: p.Length, LineText: p.Source,
	}}
}

// line returns a line of a source, from 1, or "" if it is not known.
func (m *sourceMap) line(file string, number int) string {
	if m.consumer == nil {
		return ""
	}
	for line := range strings.Lines(m.consumer.SourceContent(file)) {
		if number--; number == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}
