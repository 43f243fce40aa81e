package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

// outputs returns streams that write to memory.
func outputs() (out *streams, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &streams{out: newStream(stdout), err: newStream(stderr)}, stdout, stderr
}

func TestLogFlagsLevelAppliesToLogAndConsole(t *testing.T) {
	for level, want := range map[string][2]string{
		"debug": {"debug info ", "DEBUG INFO WARN ERROR warn error "},
		"info":  {"debug info ", "INFO WARN ERROR warn error "},
		"warn":  {"", "WARN ERROR warn error "},
		"error": {"", "ERROR error "},
	} {
		out, stdout, stderr := outputs()
		l := logFlags{LogFormat: "text", LogLevel: level}.open(out)
		levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
		for _, at := range levels {
			l.Log(t.Context(), at, "a line")
		}
		for _, at := range levels {
			l.console(at, strings.ToLower(at.String()))
		}
		out.flush()
		var logged strings.Builder
		for line := range strings.Lines(stderr.String()) {
			if _, rest, found := strings.Cut(line, "level="); found {
				line = strings.Fields(rest)[0]
			}
			logged.WriteString(strings.TrimSpace(line) + " ")
		}
		if got := strings.ReplaceAll(stdout.String(), "\n", " "); got != want[0] || logged.String() != want[1] {
			t.Errorf("with --log-level=%s the outputs must be %q; got %q, %q", level, want, got, logged.String())
		}
	}
}

func TestLogFlagsJSONFormatAppliesToAllLines(t *testing.T) {
	out, stdout, stderr := outputs()
	l := logFlags{LogFormat: "json", LogLevel: "info"}.open(out)
	l.Info("a line")
	l.console(slog.LevelInfo, "several\nlines")
	l.console(slog.LevelError, "an error")
	out.flush()
	for line := range strings.Lines(stdout.String() + stderr.String()) {
		var fields struct{ Time, Level, Msg, Source string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields.Time == "" || fields.Level == "" || fields.Msg == "" {
			t.Errorf("with --log-format=json each line of both outputs must be an object; got %q, %v", line, err)
		}
		if fields.Msg != "a line" && fields.Source != "console" {
			t.Errorf("a line of the application must have the source console; got %q", line)
		}
	}
	if got := strings.Count(stdout.String(), "\n"); got != 1 {
		t.Errorf("a text of several lines must be one object; got %q", stdout.String())
	}
}

func TestDropNoticeHasFormatOfLog(t *testing.T) {
	var line struct {
		Level string
		Lines int
	}
	if err := json.Unmarshal(jsonNotice(3), &line); err != nil || line.Level != "WARN" || line.Lines != 3 {
		t.Errorf("with --log-format=json the notice must be an object; got %s, %v", jsonNotice(3), err)
	}
	if got := string(textNotice(3)); !strings.Contains(got, "level=WARN") || !strings.HasSuffix(got, " lines=3\n") {
		t.Errorf("with --log-format=text the notice must be text; got %s", got)
	}
}
