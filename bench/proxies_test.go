//go:build linux

package main

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestProxied(t *testing.T) {
	w := workspace{root: "/r", bin: t.TempDir()}
	for _, l := range proxies {
		line := strings.Join(l.command(w, netip.MustParseAddrPort("127.0.0.1:9001"), variantEcho), " ")
		config, _ := os.ReadFile(w.binary("proxy-9001.conf"))
		text := line + string(config)
		_, port, _ := strings.Cut(line, "-addr=127.0.0.1:")
		port, _, _ = strings.Cut(port, " ")
		if !strings.Contains(text, "127.0.0.1:9001") || !strings.Contains(text, "127.0.0.1:"+port) || strings.ContainsAny(line, "{}") {
			t.Errorf("the command of %s lacks the front or the backend address: %q", l.name, text)
		}
		if _, build := l.build(w); strings.Contains(strings.Join(build, " "), "{") {
			t.Errorf("the build of %s has a name that was not replaced: %q", l.name, build)
		}
	}
}
