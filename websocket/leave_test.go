package websocket_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// leaving is how many connections each face is tried with: the end of TCP comes now
// before, now after the Close has been handled.
const leaving = 100

// gated is a handler that answers each message when its gate has opened.
type gated struct {
	gate  <-chan struct{}
	ended chan<- websocket.Outcome
}

func (g gated) Events(d *websocket.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventPeerClose {
			go func() {
				<-g.gate
				d.AnswerClose()
			}()
			continue
		}
		<-g.gate
		_, _ = d.Send(ev.Opcode, ev.Payload)
	}
	return false
}

func (g gated) Work(*websocket.Driver)    {}
func (g gated) Drained(*websocket.Driver) {}

func (g gated) Closed(_ *websocket.Driver, end websocket.Outcome) { g.ended <- end }

// RFC 6455, sections 5.5.1 and 7.1.1: a peer may end TCP directly after its Close, and
// still gets the replies and our Close.
func TestDriverAnswersAPeerThatEndsTCPAfterItsClose(t *testing.T) {
	for name, opts := range map[string]websocket.Options{
		"readiness":            {},
		"blocking":             {Blocking: true},
		"readiness, half-open": {HalfOpen: true},
		"blocking, half-open":  {HalfOpen: true, Blocking: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachLeaving(t, func(gate <-chan struct{}, ended chan<- websocket.Outcome) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					d, err := websocket.AcceptDriver(w, r, &websocket.AcceptOptions{Options: opts})
					if err == nil {
						d.Start(gated{gate, ended})
					}
				}
			})
		})
	}
}

func TestConnAnswersAPeerThatEndsTCPAfterItsClose(t *testing.T) {
	const never = time.Hour // to wait for a reader
	for name, opts := range map[string]websocket.Options{
		"readiness":            {CloseTimeout: never},
		"blocking":             {CloseTimeout: never, Blocking: true},
		"readiness, half-open": {HalfOpen: true},
		"blocking, half-open":  {HalfOpen: true, Blocking: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachLeaving(t, func(gate <-chan struct{}, ended chan<- websocket.Outcome) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Options: opts})
					if err == nil {
						ended <- echoUntilTheEnd(c, gate)
					}
				}
			})
		})
	}
}

// echoUntilTheEnd answers each message when the gate has opened.
func echoUntilTheEnd(c *websocket.Conn, gate <-chan struct{}) websocket.Outcome {
	ctx := context.Background()
	for {
		op, message, err := c.Read(ctx)
		if err != nil {
			break
		}
		<-gate
		_ = c.Write(ctx, op, message)
	}
	_ = c.Close(3000, "")
	end, _ := c.Outcome()
	return end
}

// eachLeaving tries a face with a bare Close and one after a text, while its handlers
// return at once, and while they wait until every client has left.
func eachLeaving(t *testing.T, face func(<-chan struct{}, chan<- websocket.Outcome) http.HandlerFunc) {
	t.Helper()
	open := make(chan struct{})
	close(open)
	for name, texts := range map[string][]string{"a bare Close": nil, "a Close after a text": {"question"}} {
		want := []string{}
		for _, text := range texts {
			want = append(want, "text "+text)
		}
		want = append(want, "close 3000")
		t.Run(name, func(t *testing.T) { leaveAll(t, face, open, texts, want, nil) })
		t.Run(name+", slow handlers", func(t *testing.T) {
			gate := make(chan struct{})
			leaveAll(t, face, gate, texts, want, func() { close(gate) })
		})
	}
}

func leaveAll(t *testing.T, face func(<-chan struct{}, chan<- websocket.Outcome) http.HandlerFunc,
	gate <-chan struct{}, texts, want []string, left func(),
) {
	t.Helper()
	ended := make(chan websocket.Outcome, leaving)
	server := httptest.NewServer(face(gate, ended))
	defer server.Close()
	if err := testclient.Leavers(leaving, server.URL, texts, want, left); err != nil {
		t.Fatal(err)
	}
	for range leaving {
		if end := <-ended; !end.Clean || end.Received.Code != 3000 || end.Sent.Code != 3000 {
			t.Fatalf("the end is clean, with 3000 in both directions; got %+v", end)
		}
	}
}
