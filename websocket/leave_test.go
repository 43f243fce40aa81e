package websocket

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestConnPeerEndsTCPAfterClose(t *testing.T) {
	const never = time.Hour // our Close waits until the application has read
	for name, opts := range map[string]Options{
		"readiness":            {CloseTimeout: never},
		"blocking":             {CloseTimeout: never, IO: IOBlocking},
		"readiness, half-open": {HalfOpen: true},
		"blocking, half-open":  {HalfOpen: true, IO: IOBlocking},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wiretest.EachLeaving(t, func(gate <-chan struct{}, ended chan<- protocol.Outcome) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					c, err := Accept(w, r, &AcceptOptions{Options: opts})
					if err == nil {
						ended <- echoUntilTheEnd(c, gate).Outcome
					}
				}
			})
		})
	}
}

// echoUntilTheEnd answers each message when the gate has opened.
func echoUntilTheEnd(c *Conn, gate <-chan struct{}) Outcome {
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
