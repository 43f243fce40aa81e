//go:build linux

package load

import (
	"io"
	"net"
	"os"
	"testing"
)

func TestChurnClosesCleanly(t *testing.T) {
	run(t, ours(t, echoes()), short(Work{Kind: Churn, Conns: 4}))
}

func TestAnEndWithoutCloseIsFound(t *testing.T) {
	to := strange(t, func(nc net.Conn) {
		_, _ = io.ReadFull(nc, make([]byte, 70))
		_, _ = nc.Write(fromServer(text, payload(64)))
		_, _ = io.ReadFull(nc, make([]byte, 8)) // the Close
	})
	if _, err := Run(to, os.Getpid(), short(Work{Kind: Churn, Conns: 1})); !mentions(err, "expected a Close") {
		t.Errorf("a server that ends without a Close must be found, got: %v", err)
	}
}
