package proxy_test

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/proxyends"
	"github.com/lingerws/linger/proxy"
)

// leaks are ends after which nobody does anything more: what has not been closed by the
// test stays open on its side, and is not read.
var leaks = map[string][]proxyends.Step{
	"the client resets":                     {{Client: true, What: "reset"}},
	"the backend resets":                    {{What: "reset"}},
	"the client ends TCP":                   {{Client: true, What: "FIN"}},
	"the backend ends TCP":                  {{What: "FIN"}},
	"the client closes, the other is mute":  {{Client: true, What: "close 4001 bye"}},
	"the backend closes, the other is mute": {{What: "close 4002 enough"}},
	"both close, and neither ends TCP":      {{Client: true, What: "close 4001"}, {What: "close 4002"}},
	"the client breaks a rule":              {{Client: true, What: "broken"}},
	"the backend breaks a rule":             {{What: "broken"}},
	"the client resets within a message":    {{Client: true, What: "part"}, {Client: true, What: "reset"}},
	"the backend closes and is reset":       {{What: "close 4002"}, {Client: true, What: "reset"}, {What: "reset"}},
}

// TestNothingLeaks opens many pairs for each end, and looks at what the proxy keeps
// while both sides stay as they are.
func TestNothingLeaks(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.HalfOpenTimeout, opts.LingerTimeout, opts.CloseTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	h, url := front(t, opts)
	playLeak(t, backend, h, url, nil) // what is made once is no leak
	before := holdings()
	for name, steps := range leaks {
		if playLeak(t, backend, h, url, steps); t.Failed() {
			t.Fatal(name)
		}
	}
	if after := holdings(); after.heap > before.heap+2<<20 {
		t.Errorf("the memory is given back; there were %d KiB, and are %d", before.heap>>10, after.heap>>10)
	}
}

// playLeak plays the steps with 200 pairs.
func playLeak(t *testing.T, backend *proxyends.Backend, h *proxy.Handler, url string, steps []proxyends.Step) {
	t.Helper()
	before := holdings()
	var pairs []*proxyends.Pair
	own := 0
	for range 200 {
		p, err := backend.Open(url[len("ws://"):], patience)
		if err != nil {
			t.Fatal(err)
		}
		pairs, own = append(pairs, p), own+2
	}
	for _, p := range pairs {
		own -= act(t, p, steps)
	}
	if steps == nil {
		for _, p := range pairs {
			p.Close()
		}
		own = 0
	}
	settle(t, before, own)
	for deadline := time.Now().Add(patience); h.Count() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the proxy lets all pairs go; it holds %d", h.Count())
			break
		}
	}
	for _, p := range pairs {
		p.Close()
	}
	settle(t, before, 0)
}

// act returns how many descriptors of its own it has closed.
func act(t *testing.T, p *proxyends.Pair, steps []proxyends.Step) (closed int) {
	t.Helper()
	for _, step := range steps {
		side := p.Backend
		if step.Client {
			side = p.Client
		}
		if err := side.Do(step.What); err != nil && step.What != "reset" { // which the proxy may have been faster with
			t.Fatalf("%v: %v", step, err)
		}
		if step.What == "reset" {
			closed++
		}
	}
	return closed
}

// holding is what a process holds.
type holding struct {
	descriptors, goroutines int
	heap                    int64
}

func holdings() holding {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	list, _ := os.ReadDir("/proc/self/fd") // nothing to compare where there is none
	return holding{len(list), runtime.NumGoroutine(), int64(m.HeapAlloc)}
}

// settle waits until nothing is held beyond what there was, and the test's own.
func settle(t *testing.T, before holding, own int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		now := holdings()
		if now.descriptors <= before.descriptors+own+5 && now.goroutines <= before.goroutines+20 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("there were %d descriptors and %d goroutines; with %d descriptors of the test there are %d and %d",
				before.descriptors, before.goroutines, own, now.descriptors, now.goroutines)
			return
		}
	}
}

func TestAShutdownLeavesNothing(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.HalfOpenTimeout, opts.LingerTimeout = 300*time.Millisecond, 300*time.Millisecond
	h, url := front(t, opts)
	before := holdings()
	for range 200 { // mute, on both sides
		p, err := backend.Open(url[len("ws://"):], patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("mute sides do not hold up a shutdown for longer than their bounds; got %v", err)
	}
	settle(t, before, 400)
}
