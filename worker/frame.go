package worker

import (
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Frames returns problems for people who read a terminal: each over several lines, with the line of the source and a
// caret under what is wrong, where they are known, and in colours if color is set. What a script threw has its stack, the
// errors of an AggregateError and its cause. The text of a log has a line for each problem: [LoadError.Error].
func Frames(problems []Problem, color bool) string {
	var out strings.Builder
	for _, p := range problems {
		kind := api.ErrorMessage
		if p.Warning {
			kind = api.WarningMessage
		}
		places := []Position{{File: p.File, Line: p.Line, Column: p.Column}}
		message := p.message()
		if p.Thrown != nil {
			message.Notes, places = p.Thrown.notes("", places)
		}
		for _, text := range api.FormatMessages([]api.Message{message}, api.FormatMessagesOptions{Kind: kind, Color: color}) {
			out.WriteString(fromOne(text, places))
		}
	}
	return out.String()
}

// fromOne has the columns of a problem and its notes count from 1, as everywhere else and in editors; the bundler counts
// from 0. The places are in the order of the text.
func fromOne(text string, places []Position) string {
	var done string
	for _, at := range places {
		if at.File == "" || at.Line == 0 || at.Column == 0 {
			continue
		}
		place := fmt.Sprintf("    %s:%d:", at.File, at.Line)
		before, after, found := strings.Cut(text, fmt.Sprintf("%s%d:\n", place, at.Column-1))
		if found {
			done += before + fmt.Sprintf("%s%d:\n", place, at.Column)
			text = after
		}
	}
	return done + text
}

// message is a problem as the bundler has it.
func (p Problem) message() api.Message {
	switch {
	case p.File == "":
		return api.Message{Text: p.Text}
	case p.Line == 0:
		return api.Message{Text: p.File + ": " + p.Text}
	}
	return api.Message{Text: p.Text, Location: location(Position{File: p.File, Line: p.Line, Column: p.Column}, p.Length, p.Source)}
}

// location is a place as the bundler has it; nil if there is none.
func location(at Position, length int, source string) *api.Location {
	if at.File == "" || at.Line == 0 {
		return nil
	}
	return &api.Location{File: at.File, Line: at.Line, Column: max(at.Column-1, 0), Length: length, LineText: source}
}

// notes returns the stack of s, where it says more than the place does, the errors that s consists of, and its cause,
// and appends their places to places.
func (s *ScriptError) notes(indent string, places []Position) ([]api.Note, []Position) {
	var list []api.Note
	if len(s.Stack) > 1 {
		list = append(list, api.Note{Text: strings.TrimRight(s.stack(), "\n")})
	}
	add := func(what string, one *ScriptError) {
		list = append(list, api.Note{Text: indent + what + one.Text, Location: location(one.At, 0, one.Source())})
		places = append(places, one.At)
		var below []api.Note
		below, places = one.notes(indent+"  ", places)
		list = append(list, below...)
	}
	for i, one := range s.Errors {
		add(fmt.Sprintf("[%d] ", i), one)
	}
	if s.Others > 0 {
		list = append(list, api.Note{Text: fmt.Sprintf("%sand %d more errors", indent, s.Others)})
	}
	if s.Cause != nil {
		add("caused by ", s.Cause)
	}
	return list, places
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
