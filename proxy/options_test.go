package proxy

import (
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
)

func TestConnectionOptions(t *testing.T) {
	c := Options{Options: websocket.Options{CloseTimeout: time.Second, MaxMessage: 7}}.Connection()
	if !c.HalfOpen || !c.Pieces || c.HighWater != 64<<10 || c.MaxMessage != 7 {
		t.Errorf("a connection is half-open, in pieces, and tells of room; got %+v", c)
	}
	if c.HalfOpenTimeout != 30*time.Second || c.CloseTimeout != 31*time.Second {
		t.Errorf("one side waits as long as the other may go on; got %v, %v", c.HalfOpenTimeout, c.CloseTimeout)
	}
	if (Options{Intercept: func(*Message) bool { return true }}).Connection().Pieces {
		t.Error("who looks at messages gets them whole")
	}
	o := Options{}.withDefaults()
	if !o.ClientLost.Cut || o.BackendLost.Cut || o.BackendLost.Code != 1014 {
		t.Errorf("a client that is lost is cut off, a backend is 1014; got %+v, %+v", o.ClientLost, o.BackendLost)
	}
}
