package proxyends

import (
	"strings"
	"testing"
	"time"
)

// timeout bounds each wait of a client or backend.
const timeout = 10 * time.Second

// Run plays the cases with the proxy at the given address, which must connect to the
// backend, and fails the test for each difference.
func Run(t *testing.T, backend *Backend, proxy string, cases []Case) {
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.Name, " ", "_"), func(t *testing.T) {
			p, err := backend.Open(proxy, timeout)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			seen, err := p.Play(c)
			for _, line := range c.Differences(seen) {
				t.Error(line)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}
