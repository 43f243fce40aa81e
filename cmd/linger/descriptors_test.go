package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestReportDescriptors(t *testing.T) {
	for _, c := range []struct {
		limit       uint64
		connections int
		given       bool
		level       string
	}{
		{1 << 20, 100_000, true, ""}, {100_064, 100_000, true, ""}, {100_063, 100_000, true, "WARN"}, {1024, 100_000, true, "WARN"},
		{1024, 900, true, ""}, {1024, 100_000, false, "DEBUG"}, {1 << 20, 100_000, false, ""},
	} {
		var text bytes.Buffer
		reportDescriptors(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})), c.limit, c.connections, c.given)
		_, after, _ := strings.Cut(text.String(), "level=")
		if level, _, _ := strings.Cut(after, " "); level != c.level {
			t.Errorf("a limit of %d descriptors for %d connections must be logged with level %q; got %q", c.limit, c.connections, c.level, text.String())
		}
	}
}
