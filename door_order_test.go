package linger_test

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger"
)

// Somebody who is refused for himself must not use up what is there for all.
func TestWhoIsRefusedUsesUpNoRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const ann, ben = "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 203.0.113.2"
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxPerAddress: 1, UpgradeRate: 2, TrustedProxies: prefixes("127.0.0.0/8")})
		s.connect(ann)
		for range 10 {
			s.refused(http.StatusTooManyRequests, "10", ann)
		}
		s.connect(ben)
		s.refused(http.StatusServiceUnavailable, "1", "X-Forwarded-For: 203.0.113.3")
	})
}
