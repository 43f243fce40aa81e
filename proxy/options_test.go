package proxy

import (
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
)

func TestOptionsConnection(t *testing.T) {
	c := Options{Options: websocket.Options{CloseTimeout: time.Second, MaxMessage: 7}}.Connection()
	if !c.HalfOpen || !c.Pieces || c.HighWater != 64<<10 || c.MaxMessage != 7 {
		t.Errorf("the options are %+v, expected half-open mode, pieces, the default high watermark and MaxMessage", c)
	}
	if c.HalfOpenTimeout != 30*time.Second || c.CloseTimeout != 31*time.Second {
		t.Errorf("HalfOpenTimeout is %v and CloseTimeout %v, expected 30s and 31s", c.HalfOpenTimeout, c.CloseTimeout)
	}
	if c.MaxFragments >= 0 {
		t.Errorf("MaxFragments is %d, expected no limit for fragments that are forwarded", c.MaxFragments)
	}
	if (Options{Intercept: func(*Message) bool { return true }}).Connection().Pieces {
		t.Error("Pieces is set with Intercept")
	}
	o := Options{}.withDefaults()
	if !o.ClientLost.Abort || o.BackendLost.Abort || o.BackendLost.Code != 1014 {
		t.Errorf("the defaults are ClientLost %+v and BackendLost %+v, expected an abort and 1014", o.ClientLost, o.BackendLost)
	}
}
