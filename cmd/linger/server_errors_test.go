package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServerErrors(t *testing.T) {
	var text bytes.Buffer
	failed := 0
	log := serverErrors(slog.New(newLimiter(slog.NewTextHandler(&text, nil))), func() { failed++ })
	for i := range 1000 {
		log.Printf("http: TLS handshake error from 192.0.2.%d:%d: EOF", i%256, 1000+i)
	}
	log.Printf("http: Accept error: %v; retrying in %v", "too many open files", "5ms")
	if got := strings.Count(text.String(), `level=INFO msg="http: TLS handshake error" remote=192.0.2.`); got != 20 {
		t.Errorf("the lines that peers cause are limited together, whatever their addresses; got %d", got)
	}
	if failed != 1000 {
		t.Errorf("all handshakes that have failed are reported; got %d", failed)
	}
	if !strings.Contains(text.String(), `level=ERROR msg="http: Accept error: too many open files; retrying in 5ms"`) {
		t.Errorf("other errors are logged as they are; got %s", text.String())
	}
}

func TestServerErrorsOfHandlers(t *testing.T) {
	text := new(output)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(fmt.Errorf("on purpose")) }))
	server.Config.ErrorLog = serverErrors(slog.New(slog.NewTextHandler(text, nil)), func() {})
	server.Start()
	_, err := http.Get(server.URL)
	server.Close()
	if got := text.String(); err == nil || !strings.Contains(got, `level=ERROR msg="http: panic" remote=127.0.0.1:`) || !strings.Contains(got, "on purpose") {
		t.Errorf("the panic of a handler is logged with the address as an attribute; got %v, %s", err, got)
	}
}
