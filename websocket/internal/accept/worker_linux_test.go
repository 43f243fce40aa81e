package accept

import (
	"errors"
	"log"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// workingListener serves a handler, and returns the listener.
func workingListener(t *testing.T, h http.HandlerFunc) (l *listener, closeAll func()) {
	t.Helper()
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ErrorLog: log.New(new(record), "", 0)}
	l, _ = NewListener(server, given).(*listener)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return l, func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve of a closed server returns http.ErrServerClosed; got %v", err)
		}
	}
}

// idleWorkers returns how many workers wait.
func idleWorkers(l *listener) int {
	l.workers.mu.Lock()
	defer l.workers.mu.Unlock()
	return len(l.workers.idle)
}

// A worker serves one request after the other. Neither a request that is promoted nor a handler that ends its goroutine keeps one, and a
// panic of a handler that has accepted ends none.
func TestWorkerServesNextRequest(t *testing.T) {
	l, closeAll := workingListener(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/goexit accepted" {
			startEcho(w, r)
			runtime.Goexit()
		}
		pages(w, r)
	})
	defer closeAll()
	for _, c := range []struct {
		path         string
		status, idle int
	}{
		{"/", http.StatusSwitchingProtocols, 1},
		{"/panic%20accepted", http.StatusSwitchingProtocols, 1},
		{"/refused", http.StatusForbidden, 0},
		{"/", http.StatusSwitchingProtocols, 1},
		{"/late", http.StatusSwitchingProtocols, 0},
		{"/", http.StatusSwitchingProtocols, 1},
		{"/goexit%20accepted", http.StatusSwitchingProtocols, 0},
		{"/", http.StatusSwitchingProtocols, 1},
	} {
		// On a busy machine a request may be promoted although its handler is quick, so it is repeated.
		for deadline := time.Now().Add(wiretest.Bound); ; {
			answer, _, err := ask(t, l.Addr().String(), wiretest.To(c.path))
			if err != nil || answer.StatusCode != c.status {
				t.Fatalf("the response to %s must be %d; got %v, %v", c.path, c.status, answer, err)
			}
			time.Sleep(time.Millisecond) // the client has its response before the handler has returned
			if got := idleWorkers(l); got == c.idle {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("after %s %d workers must wait for requests; got %d", c.path, c.idle, got)
			}
		}
	}
}

// Handlers that block do not delay other requests. Their workers end with the listener.
func TestWorkersEndWithListener(t *testing.T) {
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	release := make(chan bool)
	l, closeAll := workingListener(t, func(w http.ResponseWriter, r *http.Request) {
		startEcho(w, r)
		<-release
	})
	for range maxIdleWorkers + 8 {
		if answer, _, err := ask(t, l.Addr().String(), wiretest.To("/")); err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("each connection must be accepted; got %v, %v", answer, err)
		}
	}
	close(release)
	closeAll()
	wiretest.WantNothingLeft(t, fds, goroutines)
}

func TestWorkersAreBounded(t *testing.T) {
	var g workers
	for range maxIdleWorkers {
		if !g.put(newWorker(&g)) {
			t.Fatalf("%d workers may wait", maxIdleWorkers)
		}
	}
	if g.put(newWorker(&g)) {
		t.Errorf("no more than %d workers may wait", maxIdleWorkers)
	}
	last := newWorker(&g)
	if g.take() == nil || !g.put(last) || g.take() != last {
		t.Error("the worker that was busy last must be used first")
	}
	g.end()
	if g.take() != nil || g.put(last) {
		t.Error("no worker may wait after the end")
	}
}
