package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAccessLogHasStatusAndSize(t *testing.T) {
	for answer, handler := range map[string]http.HandlerFunc{
		"status=200 bytes=0": func(http.ResponseWriter, *http.Request) {},
		"status=200 bytes=5": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"status=404 bytes=4": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "none")
		},
		"status=200 bytes=2": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "1")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "2")
		},
	} {
		var text output
		server := httptest.NewServer(accessLog{to: slog.New(slog.NewTextHandler(&text, nil)), headers: []string{"User-Agent", "Missing"}}.requests(handler))
		response, err := http.Post(server.URL+"/a%2Fb?token=secret", "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		server.Close() // waits for the handler
		if got := text.String(); !strings.Contains(got, "method=POST path=/a%2Fb "+answer+" ") || !strings.HasSuffix(got, " header.User-Agent=Go-http-client/1.1\n") {
			t.Errorf("the line must contain %q; got %q", answer, got)
		}
	}
}

func TestAccessLogOmitsHijackedRequests(t *testing.T) {
	var text bytes.Buffer
	server := httptest.NewServer(accessLog{to: slog.New(slog.NewTextHandler(&text, nil))}.requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		_ = conn.Close()
	})))
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	server.Close()
	if text.Len() > 0 {
		t.Errorf("a hijacked request must not be logged; got %q", text.String())
	}
}

func TestAccessLogWithoutLogReturnsHandler(t *testing.T) {
	handler := http.NewServeMux()
	if got := (accessLog{}).requests(handler); got != http.Handler(handler) {
		t.Errorf("without a log the handler is returned unchanged; got %T", got)
	}
}
