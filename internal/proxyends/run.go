package proxyends

import (
	"strings"
	"testing"
	"time"
)

// patience is how long a side of ours waits: only a failure takes so long.
const patience = 10 * time.Second

// Run plays the cases by a proxy that has the backend behind it, and fails for each
// difference.
func Run(t *testing.T, backend *Backend, proxy string, cases []Case) {
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.Name, " ", "_"), func(t *testing.T) {
			p, err := backend.Open(proxy, patience)
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
