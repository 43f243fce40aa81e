package proxy_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket/driver"
)

// gated is a backend that echoes messages and answers a Close once its gate is closed as a channel.
type gated struct {
	gate <-chan struct{}
	ends chan<- driver.Outcome
}

func (b gated) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventPeerClose {
			go func() {
				<-b.gate
				d.AnswerClose()
			}()
			continue
		}
		<-b.gate
		_, _ = d.Send(ev.Opcode, ev.Payload)
	}
	return false
}

func (gated) Work(*driver.Driver)                           {}
func (gated) Drained(*driver.Driver)                        {}
func (b gated) Closed(_ *driver.Driver, end driver.Outcome) { b.ends <- end }

// A client may end TCP in its direction directly after its Close, and still receives the
// backend's replies and Close (RFC 6455, sections 5.5.1 and 7.1.1).
func TestHandlerClientCloseFIN(t *testing.T) {
	const connections = 100
	for _, text := range []string{"", "question"} {
		for _, slow := range []bool{false, true} {
			t.Run("text "+text, func(t *testing.T) {
				t.Parallel()
				gate, ends := make(chan struct{}), make(chan driver.Outcome, connections)
				sent := func() { close(gate) }
				if !slow {
					sent()
					sent = nil
				}
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					d, _, err := driver.Accept(w, r, &driver.AcceptOptions{Options: driver.Options{HalfOpen: true}})
					if err == nil {
						d.Start(gated{gate, ends})
					}
				}))
				defer server.Close()
				h, err := proxy.New(proxy.Options{To: []string{strings.Replace(server.URL, "http", "ws", 1)}, Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				front := httptest.NewServer(h)
				defer front.Close()
				send, want := []string{}, []string{"close 3000"}
				if text != "" {
					send, want = []string{text}, []string{"text " + text, "close 3000"}
				}
				if err := testclient.RunCloseFIN(connections, front.URL, send, want, sent); err != nil {
					t.Fatal(err)
				}
				for range connections {
					if end := <-ends; !end.Clean || end.Received.Code != 3000 {
						t.Fatalf("the backend's outcome is %+v, expected a clean one with 3000", end)
					}
				}
			})
		}
	}
}
