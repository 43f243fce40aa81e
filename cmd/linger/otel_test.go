package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestTracing(t *testing.T) {
	bodies := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- body
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)

	script := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(script, []byte(`addEventListener("fetch", (event) => event.respondWith(new Response("hello")));`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &runCommand{App: script, runtimeFlags: runtimeFlags{Runtime: embedded}}
	c.OtelService, c.OtelSampleRatio = "chat", 1
	if err := c.startTracing(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	app, err := worker.Load(script, worker.Options{StartSpan: c.tracing.startSpan})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://linger.test/path?key=secret", nil))
	if err := app.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.tracing.close()

	body := <-bodies
	for _, want := range []string{"GET", "/path", "chat", "embedded", "http.response.status_code"} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("the spans have %q; got %q", want, body)
		}
	}
	if bytes.Contains(body, []byte("secret")) {
		t.Errorf("the spans have no query, which may contain secrets; got %q", body)
	}
}

func TestTracingOff(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	c := &runCommand{}
	if err := c.startTracing(slog.New(slog.DiscardHandler)); err != nil || c.tracing != nil {
		t.Errorf("without a collector there is no tracing; got %v, %v", c.tracing, err)
	}
	c.tracing.close()
}
