//go:build linux

package load

import (
	"io"
	"net"
	"os"
	"testing"
)

func TestRunChurn(t *testing.T) {
	run(t, lingerServer(t, echoes()), short(Work{Kind: Churn, Conns: 4}))
}

func TestRunChurnWithoutClose(t *testing.T) {
	to := rawServer(t, func(nc net.Conn) {
		_, _ = io.ReadFull(nc, make([]byte, 70))
		_, _ = nc.Write(fromServer(text, payload(64)))
		_, _ = io.ReadFull(nc, make([]byte, 8)) // the Close
	})
	if _, err := Run(to, os.Getpid(), short(Work{Kind: Churn, Conns: 1})); !mentions(err, "expected a Close") {
		t.Errorf("Run against a server that ends without a Close returns %v, expected an error that asks for it", err)
	}
}
