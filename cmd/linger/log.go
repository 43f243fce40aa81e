package main

import (
	"log/slog"
	"os"
)

// newLogger returns Linger's own log, on standard error: what the application
// prints with console.log goes to standard output.
func newLogger(format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
