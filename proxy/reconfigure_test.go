package proxy_test

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// Options hold for requests that come after Reconfigure; a pair keeps those with which it was opened.
func TestHandlerReconfigure(t *testing.T) {
	t.Parallel()
	anyOrigin := func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Origin")
		echo(w, r)
	}
	h, url := front(t, proxy.Options{To: []string{backend(t, anyOrigin)}})
	before, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer before.CloseNow()
	if _, err := h.Reconfigure(proxy.Options{BackendLost: proxy.Lost{Code: protocol.CloseAbnormal}}); err == nil {
		t.Error("Reconfigure returns no error for a code that must not be sent")
	}
	next := proxy.Options{To: []string{"ws://127.0.0.1:1"}, Trace: &proxy.Trace{}, Logger: slog.New(slog.DiscardHandler)}
	next.MaxMessage = 10
	if next.Origins, err = websocket.NewOriginPolicy("https://other.example"); err != nil {
		t.Fatal(err)
	}
	if fixed, err := h.Reconfigure(next); !slices.Equal(fixed, []string{"To", "Trace"}) || err != nil {
		t.Errorf("Reconfigure returns %q and error %v, expected To and Trace", fixed, err)
	}
	if answer := answerTo(t, url, handshakeOf("/", "Host: front", "Origin: https://other.example")); answer.StatusCode != 101 {
		t.Errorf("the status for a new origin is %s, expected 101", answer.Status)
	}
	after, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer after.CloseNow()
	message := make([]byte, 20)
	_ = before.Write(t.Context(), websocket.Text, message)
	if _, echoed, err := before.Read(t.Context()); len(echoed) != len(message) || err != nil {
		t.Errorf("on a pair from before Read returns %d bytes and error %v, expected the message", len(echoed), err)
	}
	_ = after.Write(t.Context(), websocket.Text, message)
	_, _, err = after.Read(t.Context())
	if closed, ok := errors.AsType[*websocket.PeerClosed](err); !ok || closed.Code != protocol.CloseMessageTooBig {
		t.Errorf("on a pair from after Read returns error %v, expected the code 1009", err)
	}
}
