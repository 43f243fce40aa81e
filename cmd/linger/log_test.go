package main

import (
	"log/slog"
	"testing"
)

func TestLogFormats(t *testing.T) {
	if _, ok := newLogger("json").Handler().(*slog.JSONHandler); !ok {
		t.Error("--log-format=json logs a JSON object a line")
	}
	if _, ok := newLogger("text").Handler().(*slog.TextHandler); !ok {
		t.Error("--log-format=text logs text")
	}
}
