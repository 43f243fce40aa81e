package main

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

func TestRunFlagsSetOptions(t *testing.T) {
	c, err := parse(t, "--finish-timeout=90s", "--workers=3", "--overlap", "--max-body=3MiB", "--sleep-after=10s", "--max-objects=5", "--max-connections=7", "--max-per-address=2",
		"--upgrade-rate=2.5", "--upgrade-timeout=1s", "--trusted-proxy=10.1.2.3/8", "--trusted-proxy=::1", "--subprotocol=chat",
		"--send-queue=2KiB", "--policy=drop", "--high-water=1KiB", "--half-open-timeout=6s", "--max-fragments=9", "--write-timeout=3s", "--idle-timeout=4s", "--max-lifetime=5s", "--compression", "--io=readiness")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := o.Server
	for what, right := range map[string]bool{
		"workers":   o.Workers == 3 && o.Overlap && o.MaxBody == 3<<20 && o.SleepAfter == 10*time.Second && o.MaxObjects == 5 && o.FinishTimeout == 90*time.Second,
		"admission": s.MaxConnections == 7 && s.MaxPerAddress == 2 && s.UpgradeRate == 2.5 && s.UpgradeTimeout == time.Second,
		"proxies":   len(s.TrustedProxies) == 2 && s.TrustedProxies[0] == netip.MustParsePrefix("10.0.0.0/8") && s.TrustedProxies[1] == netip.MustParsePrefix("::1/128"),
		"protocols": len(s.Subprotocols) == 1 && s.Subprotocols[0] == "chat",
		"fragments": s.MaxFragments == 9,
		"half-open": s.HalfOpenTimeout == 6*time.Second,
		"queue":     s.SendQueue == 2048 && s.Policy == linger.PolicyDrop && s.HighWater == 1024,
		"times":     s.WriteTimeout == 3*time.Second && s.IdleTimeout == 4*time.Second && s.MaxLifetime == 5*time.Second,
		"deflate":   s.Compression != nil,
		"io":        s.IO == websocket.IOReadiness,
	} {
		if !right {
			t.Errorf("%s: the options must be those of the flags; got %+v", what, o)
		}
	}
}

func TestRunFlagsRejectInvalidValues(t *testing.T) {
	for flag, want := range map[string]string{
		"--workers=0":             "is not from 1 to 256",
		"--workers=257":           "is not from 1 to 256",
		"--memory=64KiB":          "--memory: 65536 bytes are too few for an engine: give 1MiB or more",
		"--max-connections=-1":    "is not above 0",
		"--max-per-address=-1":    "-1 is below 0",
		"--max-fragments=-2":      "is below -1",
		"--upgrade-rate=-1":       "is not a number of requests",
		"--upgrade-rate=NaN":      "is not a number of requests",
		"--upgrade-rate=Inf":      "is not a number of requests",
		"--trusted-proxy=1.2.3":   "is not a network",
		"--subprotocol=a/b":       "is not a subprotocol",
		"--policy=block":          "must be one of",
		"--io=epoll":              "must be one of",
		"--sleep-after=sometimes": "is not a duration",
		"--max-objects=0":         "is not above 0",
		"--slow-event=sometimes":  "is not a duration",
		"--slow-event=0":          "is not a duration",
	} {
		if _, err := parse(t, flag); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s must be refused with %q; got %v", flag, want, err)
		}
	}
}
