package upgrade

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	pauseConnections = flag.Int("connections", 300, "the number of connections of TestPause")
	pauseBusy        = flag.Int("busy", 60, "how many of them are busy")
	pauseEvery       = flag.Duration("every", 100*time.Millisecond, "the interval at which a busy connection of TestPause sends")
	pauseUpgrades    = flag.Int("upgrades", 1, "the number of upgrades of TestPause")
	pauseBound       = flag.Duration("pause", 0, "the longest 99th percentile of TestPause; 0 for none, since the machine may be busy")
	pauseFlags       = flag.String("flags", "", "further flags of linger run for TestPause, separated by spaces")
)

const echoApp = `
addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => source.send(data));
`

// TestPause measures the pause that clients see at an upgrade: the longest time from a message to its answer, for each connection
// that sends one. Without upgrades the same is measured before, for comparison. It is used as
//
//	go test ./internal/upgrade -run TestPause -connections=10000 -busy=1000 -upgrades=5 -v
func TestPause(t *testing.T) {
	s := start(t, strings.Fields(*pauseFlags)...)
	if err := os.WriteFile(filepath.Join(s.folder, "app.js"), []byte(echoApp), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reload()
	f, err := openFlows(s.address, *pauseConnections, *pauseBusy, *pauseEvery)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would pause the clients
	done := make(chan struct{})
	go func() { defer close(done); f.run() }()
	time.Sleep(time.Second) // the figures of the first second are those of a cold process

	var quiet, upgrades []span
	for range *pauseUpgrades {
		before, upgrade := f.measure(t, s)
		quiet, upgrades = append(quiet, before), append(upgrades, upgrade)
	}
	f.stopping.Store(true)
	<-done
	if f.err != nil {
		t.Errorf("the traffic: %v", f.err)
	}
	var ahead, during, idle []time.Duration
	for i, upgrade := range upgrades {
		ahead = append(ahead, longest(f.all[:*pauseBusy], quiet[i])...)
		during = append(during, longest(f.all[:*pauseBusy], upgrade)...)
		idle = append(idle, longest(f.all[*pauseBusy:], upgrade)...)
	}
	t.Logf("%d connections, %d of them busy with a message every %v; %d upgrades", *pauseConnections, *pauseBusy, *pauseEvery, *pauseUpgrades)
	t.Logf("busy, without an upgrade: %v", percentiles(ahead))
	t.Logf("PAUSE of busy connections: %v", percentiles(during))
	t.Logf("PAUSE of idle connections that send one message: %v", percentiles(idle))
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"upgrade complete`) {
			t.Logf("the old process: %s", strings.TrimSpace(line))
		}
	}
	if p99 := percentile(during, 0.99); *pauseBound > 0 && p99 > *pauseBound {
		t.Errorf("the 99th percentile of the pause is %v, expected at most %v", p99, *pauseBound)
	}
}

// measure upgrades, and returns a period without an upgrade and that of the upgrade.
func (f *flows) measure(t *testing.T, s *server) (quiet, upgrade span) {
	t.Helper()
	quiet.from = time.Now()
	time.Sleep(1500 * time.Millisecond)
	quiet.to = time.Now()
	time.Sleep(300 * time.Millisecond)
	upgrade.from = time.Now()
	f.late.Store(int32(min(1000, *pauseConnections-*pauseBusy)))
	s.upgrade("")
	time.Sleep(300 * time.Millisecond)
	upgrade.to = time.Now()
	return quiet, upgrade
}

// percentile returns a percentile, or 0 if there are no values.
func percentile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[min(int(share*float64(len(all))), len(all)-1)]
}

// percentiles returns the usual percentiles as text.
func percentiles(all []time.Duration) string {
	text := fmt.Sprintf("%d values", len(all))
	for _, share := range []float64{0.5, 0.9, 0.99, 1} {
		text += fmt.Sprintf(", p%g %v", 100*share, percentile(all, share).Round(100*time.Microsecond))
	}
	return text
}
