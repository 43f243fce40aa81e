package worker

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// LoadError reports why an application cannot be loaded.
type LoadError struct{ Problems []Problem }

// Problem is one fault of an application, with its position in a source file if it has one.
type Problem struct {
	File         string
	Line, Column int // from 1, the column in bytes; 0 where unknown
	Text         string

	Source  string // the line of the file; "" if unknown
	Length  int    // the length of the part that is wrong, in bytes
	Warning bool   // the application runs in spite of the problem

	Thrown *ScriptError // the error that the script has thrown while it was loading; nil for other problems
}

// Error returns the problems, one per line.
func (e *LoadError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// String returns "file:line:column: text", without the parts that are not known. For an error that the script has thrown it
// contains the errors of an AggregateError and the cause too.
func (p Problem) String() string {
	text := p.Text
	if p.Thrown != nil {
		text += p.Thrown.reasons()
	}
	switch {
	case p.File == "":
		return text
	case p.Line == 0:
		return p.File + ": " + text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, text)
}

// Position is a place in a source file; line and column count from 1.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column", or "" without a file.
func (p Position) String() string { return bundle.Position(p).String() }

// Frames formats problems for a terminal. Each has several lines, with the source line and a caret under the part that is wrong
// if the position is known; color adds colours. An error that the script has thrown is followed by its stack, the errors of an
// AggregateError, and its cause. [LoadError.Error] returns one line for each problem.
func Frames(problems []Problem, color bool) string {
	messages := make([]bundle.Message, 0, len(problems))
	for _, p := range problems {
		m := bundle.Message{Problem: p.inSource(), Warning: p.Warning}
		if p.Thrown != nil {
			m.Notes = p.Thrown.notes("")
		}
		messages = append(messages, m)
	}
	return bundle.Format(messages, color)
}

// inSource returns the problem without Thrown.
func (p Problem) inSource() bundle.Problem {
	return bundle.Problem{Position: bundle.Position{File: p.File, Line: p.Line, Column: p.Column}, Text: p.Text, Source: p.Source, Length: p.Length}
}

// problemOf returns a problem of the bundler as a Problem.
func problemOf(p bundle.Problem) Problem {
	return Problem{File: p.File, Line: p.Line, Column: p.Column, Text: p.Text, Source: p.Source, Length: p.Length}
}

// loadErrorOf returns an error of the bundler as a *LoadError.
func loadErrorOf(err error) error {
	failure, ok := errors.AsType[*bundle.Error](err)
	if !ok {
		return problem(err.Error())
	}
	var e LoadError
	for _, p := range failure.Problems {
		e.Problems = append(e.Problems, problemOf(p))
	}
	return &e
}

// problem returns a *LoadError with one problem that has no position.
func problem(text string) *LoadError { return &LoadError{Problems: []Problem{{Text: text}}} }

// loadError returns the errors of a script that was being loaded as a *[LoadError].
func (in *instance) loadError(errs ...error) error {
	var all LoadError
	for _, err := range errs {
		all.Problems = append(all.Problems, in.generation.problemsOf(err, &in.generation.opts)...)
	}
	return &all
}

// problemsOf returns an error of a script that was being loaded as problems.
func (g *generation) problemsOf(err error, opts *Options) []Problem {
	if known, ok := errors.AsType[*LoadError](err); ok {
		return known.Problems
	}
	thrown, isThrown := errors.AsType[*script.Exception](err)
	switch {
	case isThrown:
		if refusal, ok := g.bundle.Refusals[thrown.Message]; ok {
			return []Problem{problemOf(refusal)}
		}
		text := thrown.Error()
		if thrown.Name == "" { // a value that is not an error has no position
			text = "the script threw " + text + " while it was loading: throw an Error, which has a position"
		}
		at := g.origin(thrown.Frames)
		p := g.problemIn(at, text)
		if failed, ok := g.bundle.Failed(text, filesOf(thrown.Frames)...); ok && at == (Position{}) {
			p = problemOf(failed)
		}
		p.Thrown = newScriptError(g.bundle.Sources, thrown)
		return []Problem{p}
	case errors.Is(err, script.ErrInterrupted):
		var stack []script.Frame
		if where, known := errors.AsType[*script.Interruption](err); known {
			stack = where.Frames
		}
		return []Problem{g.problemIn(g.origin(stack), "the script computed for longer than "+opts.EventTimeout.String()+" while it was loading")}
	case errors.Is(err, script.ErrOutOfMemory):
		err = problem(fmt.Sprintf("the script ran out of memory while it was loading: the limit is %d bytes; raise it with --memory (Options.Memory)", opts.Memory))
	}
	return []Problem{{Text: err.Error()}}
}

// filesOf returns the files of frames.
func filesOf(frames []script.Frame) []string {
	var files []string
	for _, f := range frames {
		files = append(files, f.File)
	}
	return files
}
