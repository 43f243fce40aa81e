package main

import (
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

func TestProxyFlagsSetOptions(t *testing.T) {
	c, err := parseProxy(t, "--to=ws://a", "--to=ws://b", "--dial-timeout=1s", "--max-message=2KiB", "--high-water=1KiB",
		"--tail-timeout=2s", "--backend-lost=cut", "--client-lost=1011", "--compression", "--half-close",
		"--trusted-proxy=10.0.0.0/8", "--trusted-proxy=::1", "--backend-host", "--io=blocking")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options(logs{})
	if err != nil {
		t.Fatal(err)
	}
	right := len(o.To) == 2 && o.DialTimeout == time.Second && o.MaxMessage == 2048 && o.HighWater == 1024 &&
		o.HalfOpenTimeout == 2*time.Second && o.BackendLost == proxy.Lost{Abort: true} && o.ClientLost.Code == 1011 && o.Compression != nil && o.OfferHalfClose &&
		len(o.TrustedProxies) == 2 && o.TrustedProxies[1].String() == "::1/128" && o.BackendHost && o.IO == websocket.IOBlocking
	if !right {
		t.Errorf("the options must be those of the flags; got %+v", o)
	}
}

func TestBackendURLDecodeRejects(t *testing.T) {
	for text, reason := range map[string]string{
		"ws://127.0.0.1:9/a#b": "fragment", "ws://127.0.0.1:99999": "port", "ws://127.0.0.1:0": "port", "http://a": "ws nor wss", "ws://:9": "host", "127.0.0.1:9": "", "": "",
	} {
		if _, err := parseProxy(t, "--to=ws://a", "--to="+text); err == nil || !strings.Contains(err.Error(), "--to") || !strings.Contains(err.Error(), reason) {
			t.Errorf("--to=%s must be refused with an error about %q; got %v", text, reason, err)
		}
	}
}

func TestLostActionDecodeRejects(t *testing.T) {
	for _, text := range []string{"1006", "soon", "99999", "1011x", "1011.5"} {
		if _, err := parseProxy(t, "--to=ws://a", "--backend-lost="+text); err == nil || !strings.Contains(err.Error(), "backend-lost") {
			t.Errorf("--backend-lost=%s must be refused: it cannot be sent in a Close; got %v", text, err)
		}
	}
}
