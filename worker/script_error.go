package worker

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// ScriptError is an error that a script has thrown, with positions in the sources. Options.Logger gets
// it as an attribute without a key, which the handlers of package slog expand to the attributes error,
// at, stack, cause and errors. Other handlers can use the fields.
type ScriptError struct {
	Text  string   // the name and the message, such as "TypeError: not a function"
	At    Position // the innermost call in the sources; the zero value if there is none
	Stack []string // the calls, innermost first, such as "handler (app.js:3:9)"
	More  bool     // Stack was shortened

	Cause  *ScriptError   // the property cause of the error; nil if it has none
	Errors []*ScriptError // the first errors of an AggregateError
	Others int            // the number of errors of an AggregateError that are not in Errors

	sources *bundle.Sources
}

// Source returns the source line at At, "" if it is not known.
func (s *ScriptError) Source() string {
	if s.sources == nil {
		return ""
	}
	return s.sources.Line(s.At.File, s.At.Line)
}

// The bounds of a ScriptError.
const (
	maxStack    = 10   // calls in Stack
	maxReported = 2000 // bytes in Text
	maxCall     = 200  // bytes in a call
)

// newScriptError returns a ScriptError for an exception, with texts of bounded length.
func newScriptError(sources *bundle.Sources, e *script.Exception) *ScriptError {
	s := &ScriptError{Text: truncate(sources.Trace(e.Error()), maxReported), Others: e.More, sources: sources}
	s.setPosition(e.Frames)
	if e.Cause != nil {
		s.Cause = newScriptError(sources, e.Cause)
	}
	for _, one := range e.Errors {
		s.Errors = append(s.Errors, newScriptError(sources, one))
	}
	return s
}

// setPosition sets At, Stack and More from the frames of a stack.
func (s *ScriptError) setPosition(frames []script.Frame) {
	s.At = originOf(s.sources, frames)
	frames = applicationFrames(frames)
	if s.More = len(frames) > maxStack; s.More {
		frames = frames[:maxStack]
	}
	for _, f := range frames {
		s.Stack = append(s.Stack, truncate(callOf(s.sources, f), maxCall))
	}
}

// originOf returns the source position of the first frame in the application's code, the zero
// Position if there is none.
func originOf(sources *bundle.Sources, frames []script.Frame) Position {
	for _, f := range frames {
		if p, ok := sources.Find(f.File, f.Line, f.Column); ok {
			return Position(p)
		}
	}
	return Position{}
}

// origin returns the source position of the first frame in the application's code.
func (g *generation) origin(frames []script.Frame) Position {
	return originOf(g.bundle.Sources, frames)
}

// applicationFrames returns frames without those of Linger's own code, the built-in functions that
// called it, and frames that have neither a function nor a file.
func applicationFrames(frames []script.Frame) []script.Frame {
	var own []script.Frame
	for _, f := range frames {
		if f.File != bundle.Name && strings.HasPrefix(f.File, "linger:") {
			if last := len(own) - 1; last >= 0 && own[last].File == "native" {
				own = own[:last]
			}
			continue
		}
		if f.File != "" || f.Function != "" {
			own = append(own, f)
		}
	}
	return own
}

// callOf returns a frame as a line of a stack.
func callOf(sources *bundle.Sources, f script.Frame) string {
	place := f.File
	if f.Line > 0 {
		place = Position{File: f.File, Line: f.Line, Column: f.Column}.String()
	}
	if p, ok := sources.Find(f.File, f.Line, f.Column); ok {
		place = p.String()
	}
	if f.Function == "" {
		return place
	}
	return f.Function + " (" + place + ")"
}

// notes returns, for the output of a terminal, the stack of s if it has several calls, the errors that s consists of, and its
// cause.
func (s *ScriptError) notes(indent string) []bundle.Problem {
	var list []bundle.Problem
	if len(s.Stack) > 1 {
		list = append(list, bundle.Problem{Text: strings.TrimRight(s.stack(), "\n")})
	}
	add := func(what string, one *ScriptError) {
		list = append(list, bundle.Problem{Position: bundle.Position(one.At), Text: indent + what + one.Text, Source: one.Source()})
		list = append(list, one.notes(indent+"  ")...)
	}
	for i, one := range s.Errors {
		add(fmt.Sprintf("[%d] ", i), one)
	}
	if s.Others > 0 {
		list = append(list, bundle.Problem{Text: fmt.Sprintf("%sand %d more errors", indent, s.Others)})
	}
	if s.Cause != nil {
		add("caused by ", s.Cause)
	}
	return list
}

// attr returns the error as an attribute without a key, so that handlers add its attributes to those of the line.
func (s *ScriptError) attr() slog.Attr { return slog.Any("", s) }

// LogValue returns the attributes of the error, for handlers of package slog.
func (s *ScriptError) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("error", s.Text)}
	if s.At.File != "" {
		attrs = append(attrs, slog.String("at", s.At.String()))
	}
	if len(s.Stack) > 0 {
		attrs = append(attrs, slog.String("stack", s.stack()))
	}
	if s.Cause != nil {
		attrs = append(attrs, slog.String("cause", s.Cause.summary()))
	}
	if len(s.Errors) > 0 {
		attrs = append(attrs, slog.String("errors", s.errorList()))
	}
	return slog.GroupValue(attrs...)
}

// stack returns the calls as one text, with one line each.
func (s *ScriptError) stack() string {
	text := "    at " + strings.Join(s.Stack, "\n    at ") + "\n"
	if s.More {
		text += "    ...\n"
	}
	return text
}

// summary returns the error with its position and cause, on one line.
func (s *ScriptError) summary() string {
	text := s.Text
	if s.At.File != "" {
		text += " (" + s.At.String() + ")"
	}
	return truncate(text+s.reasons(), maxReported)
}

// reasons returns the errors that s consists of, and its cause, as the end of a line that begins with s.
func (s *ScriptError) reasons() (text string) {
	if len(s.Errors) > 0 {
		text += " [" + s.errorList() + "]"
	}
	if s.Cause != nil {
		text += ", caused by " + s.Cause.summary()
	}
	return truncate(text, maxReported)
}

// errorList returns the errors that s consists of, on one line.
func (s *ScriptError) errorList() string {
	list := make([]string, 0, len(s.Errors))
	for _, one := range s.Errors {
		list = append(list, one.summary())
	}
	text := strings.Join(list, "; ")
	if s.Others > 0 {
		text += fmt.Sprintf("; and %d more", s.Others)
	}
	return truncate(text, maxReported)
}

// truncate shortens a text to at most limit bytes, at the end of a character, and appends " ...".
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " ..."
}
