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

// leaks are actions that end a connection. After them the client and the backend do
// nothing: they neither close the ends that are still open nor read from them.
var leaks = map[string][]proxyends.Step{
	"the client resets":                              {{Client: true, What: "reset"}},
	"the backend resets":                             {{What: "reset"}},
	"the client ends TCP":                            {{Client: true, What: "FIN"}},
	"the backend ends TCP":                           {{What: "FIN"}},
	"the client closes, the backend does not answer": {{Client: true, What: "close 4001 bye"}},
	"the backend closes, the client does not answer": {{What: "close 4002 enough"}},
	"both close, and neither ends TCP":               {{Client: true, What: "close 4001"}, {What: "close 4002"}},
	"the client violates the protocol":               {{Client: true, What: "broken"}},
	"the backend violates the protocol":              {{What: "broken"}},
	"the client resets within a message":             {{Client: true, What: "part"}, {Client: true, What: "reset"}},
	"the backend closes and is reset":                {{What: "close 4002"}, {Client: true, What: "reset"}, {What: "reset"}},
}

// TestHandlerLeaks opens many pairs for each of leaks, and checks the resources of the
// process while the client and the backend do nothing.
func TestHandlerLeaks(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.HalfOpenTimeout, opts.LingerTimeout, opts.CloseTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	h, url := front(t, opts)
	playLeak(t, backend, h, url, nil) // resources that are allocated once are not leaks
	before := measure()
	for name, steps := range leaks {
		if playLeak(t, backend, h, url, steps); t.Failed() {
			t.Fatal(name)
		}
	}
	if after := measure(); after.heap > before.heap+2<<20 {
		t.Errorf("the heap has %d KiB, and had %d before", after.heap>>10, before.heap>>10)
	}
}

// playLeak performs the steps with 200 pairs.
func playLeak(t *testing.T, backend *proxyends.Backend, h *proxy.Handler, url string, steps []proxyends.Step) {
	t.Helper()
	before := measure()
	var pairs []*proxyends.Pair
	own := 0 // descriptors of the test
	for range 200 {
		p, err := backend.Open(url[len("ws://"):], timeout)
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
	for deadline := time.Now().Add(timeout); h.Count() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the proxy still has %d pairs", h.Count())
			break
		}
	}
	for _, p := range pairs {
		p.Close()
	}
	settle(t, before, 0)
}

// act performs the steps and returns the number of descriptors that it has closed.
func act(t *testing.T, p *proxyends.Pair, steps []proxyends.Step) (closed int) {
	t.Helper()
	for _, step := range steps {
		side := p.Backend
		if step.Client {
			side = p.Client
		}
		if err := side.Do(step.What); err != nil && step.What != "reset" { // the proxy may have reset the connection first
			t.Fatalf("%v: %v", step, err)
		}
		if step.What == "reset" {
			closed++
		}
	}
	return closed
}

// resources are resources of the process.
type resources struct {
	descriptors, goroutines int
	heap                    int64
}

func measure() resources {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	list, _ := os.ReadDir("/proc/self/fd") // empty on other systems
	return resources{len(list), runtime.NumGoroutine(), int64(m.HeapAlloc)}
}

// settle waits until the process uses no more than before, plus own descriptors of the test.
func settle(t *testing.T, before resources, own int) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(10 * time.Millisecond) {
		now := measure()
		if now.descriptors <= before.descriptors+own+5 && now.goroutines <= before.goroutines+20 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("there are %d descriptors, %d of the test, and %d goroutines; before there were %d and %d",
				now.descriptors, own, now.goroutines, before.descriptors, before.goroutines)
			return
		}
	}
}

func TestHandlerShutdownLeaks(t *testing.T) {
	backend, err := proxyends.NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	opts := proxy.Options{To: []string{"ws://" + backend.Addr()}}
	opts.HalfOpenTimeout, opts.LingerTimeout = 300*time.Millisecond, 300*time.Millisecond
	h, url := front(t, opts)
	before := measure()
	for range 200 { // neither end answers a Close
		p, err := backend.Open(url[len("ws://"):], timeout)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown with silent peers returns %v", err)
	}
	settle(t, before, 400)
}
