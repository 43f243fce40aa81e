package driver

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// gated is a handler that echoes each message when its gate has opened.
type gated struct {
	gate  <-chan struct{}
	ended chan<- protocol.Outcome
}

func (g gated) Events(d *Driver, events []protocol.Event) (work bool) {
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

func (g gated) Work(*Driver)    {}
func (g gated) Drained(*Driver) {}

func (g gated) Closed(_ *Driver, end Outcome) { g.ended <- end.Outcome }

// A peer that ends TCP directly after its Close still gets the replies and our Close
// (RFC 6455, sections 5.5.1 and 7.1.1).
func TestDriverPeerEndsTCPAfterClose(t *testing.T) {
	for name, opts := range map[string]Options{
		"readiness":            {},
		"blocking":             {IO: IOBlocking},
		"readiness, half-open": {HalfOpen: true},
		"blocking, half-open":  {HalfOpen: true, IO: IOBlocking},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wiretest.EachLeaving(t, func(gate <-chan struct{}, ended chan<- protocol.Outcome) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					d, _, err := Accept(w, r, &AcceptOptions{Options: opts})
					if err == nil {
						d.Start(gated{gate, ended})
					}
				}
			})
		})
	}
}
