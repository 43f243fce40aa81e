package main

import (
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// secureBackend starts a wss backend with a self-signed certificate for example.com and 127.0.0.1. It returns its URL and
// the path of the certificate.
func secureBackend(t *testing.T) (url, ca string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(server.URL, "https", "wss", 1), ca
}

func TestBackendTLSVerification(t *testing.T) {
	url, ca := secureBackend(t)
	for flags, want := range map[string]int{
		"":                           http.StatusBadGateway,
		"--backend-ca=" + ca:         http.StatusSwitchingProtocols,
		"--backend-name=example.com": http.StatusBadGateway,
		"--backend-insecure":         http.StatusSwitchingProtocols,
		"--backend-ca=" + ca + " --backend-name=example.com":   http.StatusSwitchingProtocols,
		"--backend-ca=" + ca + " --backend-name=elsewhere.org": http.StatusBadGateway,
	} {
		c, err := parseProxy(t, append(strings.Fields(flags), "--to="+url)...)
		if err != nil {
			t.Fatal(err)
		}
		options, err := c.options(logs{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if got := proxyStatus(t, options); got != want {
			t.Errorf("with flags %q a client gets status %d; got %d", flags, want, got)
		}
	}
}

// proxyStatus returns the status that a client gets from a proxy with these options.
func proxyStatus(t *testing.T, options proxy.Options) int {
	t.Helper()
	h, err := proxy.New(options)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	c, err := websocket.Dial(t.Context(), strings.Replace(front.URL, "http", "ws", 1), nil)
	if failed, ok := errors.AsType[*websocket.DialError](err); ok {
		return failed.Status
	}
	c.CloseNow()
	return http.StatusSwitchingProtocols
}

func TestBackendTLSRejectsInvalidFlags(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flags := range []backendTLS{
		{BackendCA: empty},
		{BackendCA: empty + ".missing"},
		{BackendInsecure: true, BackendName: "example.com"},
	} {
		if _, err := flags.tlsConfig(); err == nil || !strings.Contains(err.Error(), "--backend-") {
			t.Errorf("%+v must be refused with an error that names the flag; got %v", flags, err)
		}
	}
}
