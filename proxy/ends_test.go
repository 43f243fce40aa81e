package proxy_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/proxyends"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/driver"
)

// TestHandlerEnds plays the cases of proxyends with New and with Pipe.
func TestHandlerEnds(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	quiet := slog.New(slog.DiscardHandler)
	h, err := proxy.New(proxy.Options{To: []string{"ws://" + backend.Addr()}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	pipe := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		opts := proxy.Options{Logger: quiet}
		conn, _, err := driver.Dial(context.Background(), "ws://"+backend.Addr()+r.URL.Path, &websocket.DialOptions{Options: opts.Connection()})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, _, err := driver.Accept(w, r, &driver.AcceptOptions{Options: opts.Connection()})
		if err == nil {
			proxy.Pipe(client, conn, opts)
		}
	})
	for name, handler := range map[string]http.Handler{"New": h, "Pipe": pipe} {
		t.Run(name, func(t *testing.T) {
			front := httptest.NewServer(handler)
			defer front.Close()
			proxyends.Run(t, backend, front.Listener.Addr().String(), proxyends.Cases(proxyends.BackendLost, proxyends.ClientLost))
		})
	}
	for deadline := time.Now().Add(timeout); h.Count() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the proxy still has %d pairs", h.Count())
		}
	}
}

func TestHandlerEndsSilent(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.HalfOpenTimeout, opts.LingerTimeout = 200*time.Millisecond, 200*time.Millisecond
	_, url := front(t, opts)
	proxyends.Run(t, backend, url[len("ws://"):], proxyends.Silent())
}
