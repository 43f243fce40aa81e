//go:build linux

package main

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestAProxyKnowsBothItsSides(t *testing.T) {
	w := workshop{root: "/r", bin: t.TempDir()}
	for _, l := range proxies {
		line := strings.Join(l.command(w, netip.MustParseAddrPort("127.0.0.1:9001"), variant{}), " ")
		config, _ := os.ReadFile(w.binary("proxy-9001.conf"))
		text := line + string(config)
		_, port, _ := strings.Cut(line, "-addr=127.0.0.1:")
		port, _, _ = strings.Cut(port, " ")
		if !strings.Contains(text, "127.0.0.1:9001") || !strings.Contains(text, "127.0.0.1:"+port) || strings.ContainsAny(line, "{}") {
			t.Errorf("%s listens at the front and finds the back; got %q", l.name, text)
		}
		if _, build := l.build(w); strings.Contains(strings.Join(build, " "), "{") {
			t.Errorf("%s is built with %q", l.name, build)
		}
	}
}
