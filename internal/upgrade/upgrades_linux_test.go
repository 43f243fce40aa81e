package upgrade

import (
	"testing"
	"time"
)

// TestTraffic has the traffic of the other tests without an upgrade: what it checks holds, and its checks are right.
func TestTraffic(t *testing.T) {
	s := start(t, "--workers=2", "--compression", "--half-open-timeout=10m")
	c := gather(t, s, 40, 50*time.Millisecond)
	c.start()
	time.Sleep(3 * time.Second)
	c.finish()
	c.check()
	c.leave()
}
