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

// style is the style in which errors and log lines are written.
type style struct {
	terminal bool // errors extend over several lines, with excerpts of the source
	color    bool
}

// styleOf returns the style for an output. With FORCE_COLOR every output is treated as a terminal with colours.
// NO_COLOR, FORCE_COLOR=0 and TERM=dumb turn colours off.
func styleOf(output *os.File, env func(string) string) style {
	if force := env("FORCE_COLOR"); force != "" && force != "0" {
		return style{terminal: true, color: true}
	}
	terminal := isTerminal(output)
	return style{terminal: terminal, color: terminal && env("NO_COLOR") == "" && env("TERM") != "dumb" && env("FORCE_COLOR") != "0"}
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

// Control sequences for colours (ECMA-48, section 8.3.117).
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// paint returns text in a colour, or text itself if colours are off.
func (s style) paint(color, text string) string {
	if !s.color || text == "" {
		return text
	}
	return color + text + plain
}

// terminalHandler is a slog.Handler for a terminal. Errors of scripts extend over several lines.
type terminalHandler struct {
	to    io.Writer
	level slog.Leveler // the minimum level
	style style
	attrs []slog.Attr // from WithAttrs
	group string      // prefix of the keys of attributes; empty, or it ends with a dot
}

// Enabled reports whether lines of a level are written.
func (h terminalHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// WithAttrs returns a handler that adds attrs to every line.
func (h terminalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(slices.Clip(h.attrs), prefixKeys(h.group, attrs)...)
	return h
}

// WithGroup returns a handler that puts name and a dot before the keys of attributes.
func (h terminalHandler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

// prefixKeys returns attrs with a prefix before their keys.
func prefixKeys(prefix string, attrs []slog.Attr) []slog.Attr {
	if prefix == "" {
		return attrs
	}
	list := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		list = append(list, slog.Attr{Key: prefix + a.Key, Value: a.Value})
	}
	return list
}

// Handle writes one line, followed by the attributes that take several lines.
func (h terminalHandler) Handle(_ context.Context, r slog.Record) error {
	var line, below bytes.Buffer
	if !r.Time.IsZero() {
		line.WriteString(h.style.paint(dim, r.Time.Format(time.TimeOnly)) + " ")
	}
	line.WriteString(h.style.paint(levelColor(r.Level), r.Level.String()) + " " + h.style.paint(bold, r.Message))
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, prefixKeys(h.group, []slog.Attr{a})...)
		return true
	})
	for _, a := range attrs {
		h.writeAttr(&line, &below, a)
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

// writeAttr writes an attribute to line, or to below if it takes several lines.
func (h terminalHandler) writeAttr(line, below *bytes.Buffer, a slog.Attr) {
	switch value := a.Value.Any().(type) {
	case *worker.ScriptError:
		h.style.writeScriptError(below, "", value)
		return
	case error:
		if load, ok := errors.AsType[*worker.LoadError](value); ok {
			below.WriteString(worker.Frames(load.Problems, h.style.color))
			return
		}
	}
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		group := ""
		if a.Key != "" {
			group = a.Key + "."
		}
		for _, a := range prefixKeys(group, value.Group()) {
			h.writeAttr(line, below, a)
		}
		return
	}
	text := value.String()
	if strings.Contains(text, "\n") { // such as a stack
		below.WriteString(h.style.paint(dim, strings.TrimRight(printable(text), "\n")) + "\n")
		return
	}
	if text == "" || strings.ContainsFunc(text, needsQuotes) {
		text = strconv.Quote(text)
	}
	line.WriteString(" " + h.style.paint(dim, a.Key+"=") + text)
}

// needsQuotes reports whether a value that contains c is quoted.
func needsQuotes(c rune) bool { return c <= ' ' || c == '"' || c == '=' || !strconv.IsPrint(c) }

// writeScriptError writes an error of a script with an excerpt of the source, the stack, the errors of an AggregateError,
// and the cause. indent is put before each line but the first.
func (s style) writeScriptError(to *bytes.Buffer, indent string, e *worker.ScriptError) {
	for i, text := range strings.Split(printable(e.Text), "\n") {
		if i > 0 {
			text = indent + text
		}
		fmt.Fprintf(to, "%s\n", s.paint(red, text))
	}
	if source := e.Source(); source != "" {
		s.writeExcerpt(to, indent, source, e.At)
	}
	for _, call := range e.Stack {
		fmt.Fprintf(to, "%s    %s\n", indent, s.paint(dim, "at "+printable(call)))
	}
	if e.More {
		fmt.Fprintf(to, "%s    %s\n", indent, s.paint(dim, "..."))
	}
	for i, item := range e.Errors {
		fmt.Fprintf(to, "%s  [%d] ", indent, i)
		s.writeScriptError(to, indent+"  ", item)
	}
	if e.Others > 0 {
		fmt.Fprintf(to, "%s  and %d more errors\n", indent, e.Others)
	}
	if e.Cause != nil {
		fmt.Fprintf(to, "%s  caused by ", indent)
		s.writeScriptError(to, indent+"  ", e.Cause)
	}
}

// excerptWidth is the number of characters shown of a line on each side of the position. Lines of generated code can be
// very long.
const excerptWidth = 100

// writeExcerpt writes a line of source, and a caret below the position at.
func (s style) writeExcerpt(to *bytes.Buffer, indent, source string, at worker.Position) {
	before, after := splitAtColumn(source, at.Column-1)
	if runes := []rune(before); len(runes) > excerptWidth {
		before = "..." + string(runes[len(runes)-excerptWidth/2:])
	}
	if runes := []rune(after); len(runes) > excerptWidth {
		after = string(runes[:excerptWidth]) + "..."
	}
	number := strconv.Itoa(at.Line)
	blank := strings.Map(func(c rune) rune { // keeps tabs, so that the caret is below the position
		if c == '\t' {
			return c
		}
		return ' '
	}, printable(before))
	fmt.Fprintf(to, "%s    %s %s%s\n", indent, s.paint(dim, number+" |"), printable(before), printable(after))
	fmt.Fprintf(to, "%s    %s %s%s\n", indent, s.paint(dim, strings.Repeat(" ", len(number))+" |"), blank, s.paint(red, "^"))
}

// splitAtColumn splits a line before a column, which is counted from 0 in UTF-16 code units, as source maps do.
func splitAtColumn(line string, column int) (before, after string) {
	for i, c := range line {
		if column <= 0 {
			return line[:i], line[i:]
		}
		column -= utf16.RuneLen(c)
	}
	return line, ""
}

// printable replaces control characters, with which a text could control the terminal.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' || strconv.IsPrint(c) {
			return c
		}
		return '\uFFFD'
	}, text)
}
