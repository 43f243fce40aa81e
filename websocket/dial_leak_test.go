package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// kindsOfFailure are the ways in which a dial can fail on real sockets. server serves a
// connection, which is closed when it returns.
var kindsOfFailure = map[string]struct {
	count  int
	phase  DialPhase
	secure bool
	opts   DialOptions
	server func(nc net.Conn)
}{
	"refused": {1000, PhaseCheck, false, DialOptions{}, answerOnce("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")},
	"refused, with a body that never ends": {1000, PhaseCheck, false, DialOptions{HandshakeTimeout: wiretest.LeakBound},
		answerOnce("HTTP/1.1 403 No\r\n\r\nno")},
	"a wrong 101, and frames": {1000, PhaseCheck, false, DialOptions{}, answerOnce(switchLine + upgradeField + "\r\n\x81\x01x")},
	"no HTTP":                 {1000, PhaseResponse, false, DialOptions{}, answerOnce("220 smtp\r\n")},
	"no answer":               {1000, PhaseResponse, false, DialOptions{HandshakeTimeout: wiretest.LeakBound}, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }},
	"gone":                    {1000, PhaseResponse, false, DialOptions{}, func(nc net.Conn) { _, _ = readAsked(nc) }},
	"redirected too often":    {300, PhaseCheck, false, DialOptions{MaxRedirects: 3}, answerOnce("HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")},
	"refused by the proxy":    {1000, PhaseProxy, false, DialOptions{}, answerOnce("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno")},
	"no TLS":                  {300, PhaseTLS, true, DialOptions{}, func(nc net.Conn) { _, _ = nc.Write([]byte("220 smtp\r\n")) }},
	"no TLS handshake":        {300, PhaseTLS, true, DialOptions{HandshakeTimeout: wiretest.LeakBound}, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }},
	"refused over TLS":        {50, PhaseCheck, true, DialOptions{}, nil}, // a handshake of TLS is slow under the race detector
}

func answerOnce(text string) func(net.Conn) {
	return func(nc net.Conn) {
		if a, err := readAsked(nc); err == nil {
			responding(text)(nc, a)
			_, _ = io.Copy(io.Discard, nc) // the client closes
		}
	}
}

func TestDialFailureLeaksNothing(t *testing.T) {
	config := wiretest.ServerConfig(t)
	for name, kind := range kindsOfFailure {
		t.Run(name, func(t *testing.T) {
			fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if kind.server == nil {
				kind.server = func(nc net.Conn) { answerOnce("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")(tls.Server(nc, config)) }
			}
			go serveEach(listener, kind.server)
			opts := direct(kind.opts)
			opts.TLSConfig = wiretest.ClientConfig()
			target := schemes(kind.secure)[0] + listener.Addr().String()
			if kind.phase == PhaseProxy {
				opts.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: listener.Addr().String()})
			}
			failMany(t, kind.count, kind.phase, target, opts)
			_ = listener.Close()
			wiretest.WantNothingLeft(t, fds, goroutines)
		})
	}
}

func serveEach(listener net.Listener, serve func(net.Conn)) {
	for {
		nc, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_ = nc.SetDeadline(time.Now().Add(20 * time.Second)) // longer than the test waits
			serve(nc)
			_ = nc.Close()
		}()
	}
}

// dialAtOnce is the number of calls of Dial that failMany makes at a time.
const dialAtOnce = 200

// failMany dials count times, dialAtOnce at a time. On a busy machine a dial with a timeout may
// fail in an earlier phase; TestDialTimeout checks the phases in fake time.
func failMany(t *testing.T, count int, phase DialPhase, target string, opts *DialOptions) {
	var all sync.WaitGroup
	for worker := range dialAtOnce {
		all.Go(func() {
			for dial := worker; dial < count; dial += dialAtOnce {
				_, err := Dial(context.Background(), target, opts)
				failure, ok := err.(*DialError) //nolint:errorlint // it is not wrapped
				if cut := errors.Is(err, context.DeadlineExceeded) && opts.HandshakeTimeout > 0; !ok || failure.Phase != phase && !cut {
					t.Errorf("dial %d must fail in phase %q; got %v", dial, phase, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestDialCancellationLeaksNothing(t *testing.T) {
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			// Some contexts end while dialling, some while waiting, and some with the response.
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*100*time.Microsecond)
			defer cancel()
			c, err := Dial(ctx, "ws://"+listener.Addr().String(), direct(DialOptions{}))
			if err == nil {
				c.CloseNow()
				<-c.Done()
			}
		})
	}
	go serveEach(listener, func(nc net.Conn) {
		if a, err := readAsked(nc); err == nil {
			switching(nc, a)
			_, _ = io.Copy(io.Discard, nc)
		}
	})
	all.Wait()
	_ = listener.Close()
	wiretest.WantNothingLeft(t, fds, goroutines)
}
