package proxy_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

func TestHandlerDrain(t *testing.T) {
	t.Parallel()
	s := connect(t, proxy.Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.proxy.Drain(context.Background(), proxy.DrainOptions{Timeout: timeout}) }()
	s.client.want("close 1012 server draining")
	s.backend.want("close 1012 server draining")
	if s.proxy.Ready() {
		t.Error("the proxy is ready during a drain")
	}
	s.client.close(1012, "")
	s.backend.close(1012, "")
	if err := <-ended; err != nil {
		t.Errorf("Drain returns %v", err)
	}
	if got := s.proxy.DrainStatus(); got.Total != 1 || got.Closed != 1 || got.Left != 0 || s.proxy.Count() != 0 {
		t.Errorf("%d pairs are left, the status of the drain is %+v", s.proxy.Count(), got)
	}
	if err := s.proxy.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown after Drain returns %v", err)
	}
}

func TestHandlerDrainRefusesRequests(t *testing.T) {
	h, url := front(t, proxy.Options{To: []string{backend(t, echo)}})
	c, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	ended := make(chan error, 1)
	go func() { ended <- h.Drain(context.Background(), proxy.DrainOptions{Delay: time.Hour}) }()
	for h.Ready() {
		time.Sleep(time.Millisecond)
	}
	wantStatus(t, url, http.StatusServiceUnavailable, "the proxy is draining")
	h.CancelDrain()
	if err := <-ended; err == nil || h.DrainStatus().State != "cancelled" || !h.Ready() {
		t.Errorf("after CancelDrain, Drain returns %v and the status is %+v", err, h.DrainStatus())
	}
	again, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatalf("a request after CancelDrain fails: %v", err)
	}
	again.CloseNow()
	if err := c.Write(t.Context(), websocket.Text, []byte("still open")); err != nil {
		t.Error(err)
	}
	if _, message, err := c.Read(t.Context()); err != nil || string(message) != "still open" {
		t.Errorf("the connection gets %q, %v after CancelDrain", message, err)
	}
}

func TestHandlerDrainCancelledByContext(t *testing.T) {
	h, _ := front(t, proxy.Options{To: []string{backend(t, echo)}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Drain(ctx, proxy.DrainOptions{Delay: time.Hour}); !errors.Is(err, context.Canceled) || !h.Ready() {
		t.Errorf("Drain returns %v, ready is %v", err, h.Ready())
	}
}
