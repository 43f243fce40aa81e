package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestLogFormats(t *testing.T) {
	out := openStreams(os.Stdout, os.Stderr)
	if _, ok := out.newLogger("json").Handler().(*slog.JSONHandler); !ok {
		t.Error("--log-format=json logs a JSON object a line")
	}
	if _, ok := out.newLogger("text").Handler().(*slog.TextHandler); !ok {
		t.Error("--log-format=text logs text")
	}
}

func TestNoticeOfDroppedLinesHasTheFormatOfTheLog(t *testing.T) {
	var line struct {
		Level string
		Lines int
	}
	if err := json.Unmarshal(jsonNotice(3), &line); err != nil || line.Level != "WARN" || line.Lines != 3 {
		t.Errorf("with --log-format=json the notice is an object; got %s, %v", jsonNotice(3), err)
	}
	if got := string(textNotice(3)); !strings.Contains(got, "level=WARN") || !strings.HasSuffix(got, " lines=3\n") {
		t.Errorf("with --log-format=text the notice is text; got %s", got)
	}
}
