package main

import (
	"bytes"
	"io"
	"log/slog"
)

// newLogger returns Linger's own log, on standard error: what the application
// prints with console.log goes to standard output.
func (s *streams) newLogger(format string) *slog.Logger {
	notice := textNotice
	if format == "json" {
		notice = jsonNotice
	}
	s.out.announce(notice)
	s.err.announce(notice)
	return slog.New(newHandler(format, s.err))
}

func newHandler(format string, to io.Writer) slog.Handler {
	if format == "json" {
		return slog.NewJSONHandler(to, nil)
	}
	return slog.NewTextHandler(to, nil)
}

// textNotice and jsonNotice return the line in place of lines that were dropped.
func textNotice(lines int) []byte { return notice("text", lines) }
func jsonNotice(lines int) []byte { return notice("json", lines) }

func notice(format string, lines int) []byte {
	var line bytes.Buffer
	slog.New(newHandler(format, &line)).Warn("lines of this output were dropped here: they could not be written, or not in time", "lines", lines)
	return line.Bytes()
}
