package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/lingerws/linger/worker"
)

// look says how to write for people.
type look struct {
	terminal bool // over several lines, with excerpts of sources
	color    bool
}

// lookOf returns the look of an output. FORCE_COLOR has any output look like a terminal with colours; without it
// NO_COLOR, and a terminal that is "dumb", have none.
func lookOf(output *os.File, env func(string) string) look {
	if force := env("FORCE_COLOR"); force != "" && force != "0" {
		return look{terminal: true, color: true}
	}
	terminal := isTerminal(output)
	return look{terminal: terminal, color: terminal && env("NO_COLOR") == "" && env("TERM") != "dumb" && env("FORCE_COLOR") != "0"}
}

// isTerminal reports whether a file is a terminal: a character device other than the null device.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// The colours of a terminal: ECMA-48, section 8.3.117.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

func (l look) paint(color, text string) string {
	if !l.color || text == "" {
		return text
	}
	return color + text + plain
}

// terminalHandler is a slog.Handler that writes for people. Errors of scripts take several lines.
type terminalHandler struct {
	to    io.Writer
	level slog.Level
	look  look
	attrs []slog.Attr
	group string // what the names of attributes begin with
}

// Enabled reports whether lines of a level are written.
func (h terminalHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// WithAttrs returns a handler whose lines have these attributes.
func (h terminalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(slices.Clip(h.attrs), named(h.group, attrs)...)
	return h
}

// WithGroup returns a handler whose lines have their attributes in a group.
func (h terminalHandler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

// named returns attributes as they are called within a group.
func named(group string, attrs []slog.Attr) []slog.Attr {
	if group == "" {
		return attrs
	}
	list := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		list = append(list, slog.Attr{Key: group + a.Key, Value: a.Value})
	}
	return list
}

// Handle writes one line, and below it what does not fit there.
func (h terminalHandler) Handle(_ context.Context, r slog.Record) error {
	var line, below bytes.Buffer
	if !r.Time.IsZero() {
		line.WriteString(h.look.paint(dim, r.Time.Format(time.TimeOnly)) + " ")
	}
	line.WriteString(h.look.paint(levelColor(r.Level), r.Level.String()) + " " + h.look.paint(bold, r.Message))
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, named(h.group, []slog.Attr{a})...)
		return true
	})
	for _, a := range attrs {
		h.write(&line, &below, a)
	}
	line.WriteByte('\n')
	line.Write(below.Bytes())
	_, err := h.to.Write(line.Bytes())
	return err
}

func levelColor(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return red
	case level >= slog.LevelWarn:
		return yellow
	case level >= slog.LevelInfo:
		return cyan
	}
	return dim
}

// write adds an attribute to a line, or below it.
func (h terminalHandler) write(line, below *bytes.Buffer, a slog.Attr) {
	switch value := a.Value.Any().(type) {
	case *worker.ScriptError:
		h.look.scriptError(below, "", value)
		return
	case error:
		if load, ok := errors.AsType[*worker.LoadError](value); ok {
			below.WriteString(worker.Frames(load.Problems, h.look.color))
			return
		}
	}
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		group := ""
		if a.Key != "" {
			group = a.Key + "."
		}
		for _, a := range named(group, value.Group()) {
			h.write(line, below, a)
		}
		return
	}
	text := value.String()
	if strings.Contains(text, "\n") { // such as a stack
		below.WriteString(h.look.paint(dim, strings.TrimRight(printable(text), "\n")) + "\n")
		return
	}
	if text == "" || strings.ContainsFunc(text, needsQuotes) {
		text = strconv.Quote(text)
	}
	line.WriteString(" " + h.look.paint(dim, a.Key+"=") + text)
}

func needsQuotes(c rune) bool { return c <= ' ' || c == '"' || c == '=' || !strconv.IsPrint(c) }

// scriptError writes an error of a script with an excerpt of its source, its stack, its cause and the errors it
// consists of.
func (l look) scriptError(to *bytes.Buffer, indent string, e *worker.ScriptError) {
	for i, text := range strings.Split(printable(e.Text), "\n") {
		if i > 0 {
			text = indent + text
		}
		fmt.Fprintf(to, "%s\n", l.paint(red, text))
	}
	if source := e.Source(); source != "" {
		l.excerpt(to, indent, source, e.At)
	}
	for _, call := range e.Stack {
		fmt.Fprintf(to, "%s    %s\n", indent, l.paint(dim, "at "+printable(call)))
	}
	if e.More {
		fmt.Fprintf(to, "%s    %s\n", indent, l.paint(dim, "..."))
	}
	for i, one := range e.Errors {
		fmt.Fprintf(to, "%s  [%d] ", indent, i)
		l.scriptError(to, indent+"  ", one)
	}
	if e.Others > 0 {
		fmt.Fprintf(to, "%s  and %d more errors\n", indent, e.Others)
	}
	if e.Cause != nil {
		fmt.Fprintf(to, "%s  caused by ", indent)
		l.scriptError(to, indent+"  ", e.Cause)
	}
}

// excerptWidth is how much of a line is shown: lines of generated code are long.
const excerptWidth = 100

// excerpt writes a line of a source with a caret below the place.
func (l look) excerpt(to *bytes.Buffer, indent, source string, at worker.Position) {
	before, after := cut(source, at.Column-1)
	if runes := []rune(before); len(runes) > excerptWidth {
		before = "..." + string(runes[len(runes)-excerptWidth/2:])
	}
	if runes := []rune(after); len(runes) > excerptWidth {
		after = string(runes[:excerptWidth]) + "..."
	}
	number := strconv.Itoa(at.Line)
	blank := strings.Map(func(c rune) rune { // tabs are as wide as in the line above
		if c == '\t' {
			return c
		}
		return ' '
	}, printable(before))
	fmt.Fprintf(to, "%s    %s %s%s\n", indent, l.paint(dim, number+" |"), printable(before), printable(after))
	fmt.Fprintf(to, "%s    %s %s%s\n", indent, l.paint(dim, strings.Repeat(" ", len(number))+" |"), blank, l.paint(red, "^"))
}

// cut splits a line before a column, from 0. Source maps count columns as JavaScript does, in UTF-16.
func cut(line string, column int) (before, after string) {
	for i, c := range line {
		if column <= 0 {
			return line[:i], line[i:]
		}
		column -= utf16.RuneLen(c)
	}
	return line, ""
}

// printable replaces the characters by which a text could control a terminal.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' || strconv.IsPrint(c) {
			return c
		}
		return '\uFFFD'
	}, text)
}
