package examples_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/proxyends"
)

// The proxy in JavaScript differs from the default in that it closes the connection to a
// backend whose client is lost: a script cannot abort a connection.
func TestProxyJavaScriptEnds(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	p := start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "--half-open-timeout=300ms", "--var=BACKEND=http://"+backend.Addr(), "examples/proxy/proxy.js")
	proxyends.Run(t, backend, strings.TrimPrefix(p.url, "http://"), proxyends.Silent())
	proxyends.Run(t, backend, strings.TrimPrefix(p.url, "http://"), proxyends.WholeMessages(proxyends.Cases(proxyends.BackendLost, "close 1011 the client is gone")))
}
