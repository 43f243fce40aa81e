package worker

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// ScriptError is what a script has thrown, with positions in its sources. Options.Logger gets it
// as an attribute without a key: the handlers of package slog write error, at, stack, cause
// and errors instead, and other handlers can show more.
type ScriptError struct {
	Text  string   // name and message: "TypeError: not a function"
	At    Position // the first call in the sources; the zero value if there is none
	Stack []string // the calls, the innermost first: "handler (app.js:3:9)"
	More  bool     // the stack has more calls than Stack

	Cause  *ScriptError   // nil if there is none
	Errors []*ScriptError // the first of an AggregateError
	Others int            // the number of the other errors

	sources *bundle.Sources
}

// Source returns the line of the source at At, or an empty string if it is not known.
func (s *ScriptError) Source() string {
	if s.sources == nil {
		return ""
	}
	return s.sources.Line(s.At.File, s.At.Line)
}

// The bounds of a ScriptError.
const (
	maxStack    = 10
	maxReported = 2000 // bytes of a text
	maxCall     = 200  // bytes of a call
)

// newScriptError returns an exception with positions in the sources and texts of bounded length.
func newScriptError(sources *bundle.Sources, e *script.Exception) *ScriptError {
	s := &ScriptError{Text: clip(sources.Trace(e.Error()), maxReported), Others: e.More, sources: sources}
	s.locate(e.Frames)
	if e.Cause != nil {
		s.Cause = newScriptError(sources, e.Cause)
	}
	for _, one := range e.Errors {
		s.Errors = append(s.Errors, newScriptError(sources, one))
	}
	return s
}

// locate sets At and Stack.
func (s *ScriptError) locate(frames []script.Frame) {
	s.At = originOf(s.sources, frames)
	frames = applicationFrames(frames)
	if s.More = len(frames) > maxStack; s.More {
		frames = frames[:maxStack]
	}
	for _, f := range frames {
		s.Stack = append(s.Stack, clip(callOf(s.sources, f), maxCall))
	}
}

// originOf returns the source position of the first frame in the application's code, the zero
// Position if there is none.
func originOf(sources *bundle.Sources, frames []script.Frame) Position {
	for _, f := range frames {
		if f.File != bundle.Name {
			continue
		}
		if p, ok := sources.Position(f.Line, f.Column); ok {
			return Position(p)
		}
	}
	return Position{}
}

// origin returns the source position of the first frame in the application's code.
func (g *generation) origin(frames []script.Frame) Position {
	return originOf(g.bundle.Sources, frames)
}

// applicationFrames removes the frames of Linger's own code, with the built-in function
// that called it, and frames without a function and a file.
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
	if p, ok := sources.Position(f.Line, f.Column); ok && f.File == bundle.Name {
		place = p.String()
	}
	if f.Function == "" {
		return place
	}
	return f.Function + " (" + place + ")"
}

// notes returns the stack of s, where it has more than the position, the errors that s consists of, and its cause.
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

// attr returns the error as an attribute without a key, so that its attributes are those of the line.
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
		attrs = append(attrs, slog.String("errors", s.errors()))
	}
	return slog.GroupValue(attrs...)
}

// stack returns the calls as one text, with a line for each.
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
	return clip(text+s.reasons(), maxReported)
}

// reasons returns the errors that s consists of and its cause, for the end of a line that begins with s.
func (s *ScriptError) reasons() (text string) {
	if len(s.Errors) > 0 {
		text += " [" + s.errors() + "]"
	}
	if s.Cause != nil {
		text += ", caused by " + s.Cause.summary()
	}
	return clip(text, maxReported)
}

func (s *ScriptError) errors() string {
	list := make([]string, 0, len(s.Errors))
	for _, one := range s.Errors {
		list = append(list, one.summary())
	}
	text := strings.Join(list, "; ")
	if s.Others > 0 {
		text += fmt.Sprintf("; and %d more", s.Others)
	}
	return clip(text, maxReported)
}

// clip shortens a text to a number of bytes, without cutting a character in two.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " ..."
}
