package worker_test

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// crowd is the number of connections of each test of leaks.
const crowd = 200

// withShortTimeouts returns opts with timeouts that a test can wait for.
func withShortTimeouts(opts worker.Options) worker.Options {
	opts.EventTimeout = loopTimeout
	opts.Server = linger.Options{
		Options: websocket.Options{
			HalfOpenTimeout: 200 * time.Millisecond, CloseTimeout: 200 * time.Millisecond, LingerTimeout: 100 * time.Millisecond,
		},
		ShutdownTimeout: 2 * time.Second,
	}
	return opts
}

// leaks are cases in which a runtime could keep a socket for ever. Each has a script and the behaviour of its peers.
var leaks = map[string]struct {
	script string
	peer   func(nc *net.TCPConn)
	worker.Options
}{
	"half-open, and neither side closes": {loggingPair("{ allowHalfOpen: true }", ""), closeFrame, worker.Options{}},
	"half-open, and the peer ends TCP": {loggingPair("{ allowHalfOpen: true }", ""), func(nc *net.TCPConn) {
		closeFrame(nc)
		_ = nc.Close()
	}, worker.Options{}},
	"half-open, and the peer half-closes": {loggingPair("{ allowHalfOpen: true }", ""), func(nc *net.TCPConn) {
		closeFrame(nc)
		_ = nc.CloseWrite()
	}, worker.Options{}},
	"an old date, and the script does not answer":      {loggingPair("", ""), closeFrame, worker.Options{CompatibilityDate: "2026-02-01"}},
	"never accepted, and the peer closes":              {sockets(""), closeFrame, worker.Options{}},
	"never accepted, and the peer ends TCP":            {sockets(""), func(nc *net.TCPConn) { _ = nc.Close() }, worker.Options{}},
	"never accepted, and the peer sends nothing":       {sockets(""), func(*net.TCPConn) {}, worker.Options{}},
	"closed by the script, and the peer sends nothing": {loggingPair("", "server.close(1000);"), func(*net.TCPConn) {}, worker.Options{}},
	"answered, and the peer sends nothing more":        {loggingPair("", ""), closeFrame, worker.Options{}},
	"reset": {loggingPair("", ""), func(nc *net.TCPConn) {
		_ = nc.SetLinger(0)
		_ = nc.Close()
	}, worker.Options{}},
}

// closeFrame sends a Close.
func closeFrame(nc *net.TCPConn) { _, _ = nc.Write(frame(protocol.CloseFrame, "\x0b\xb8")) }

// This test and those after it count descriptors, so they do not run in parallel with others.
func TestPairReleasesDescriptors(t *testing.T) {
	embeddedOnly(t, ownMemory)
	warmUp(t)
	for name, c := range leaks {
		t.Run(name, func(t *testing.T) {
			a := serve(t, c.script, withShortTimeouts(c.Options))
			a.get("/", 200, "plain") // the connection is kept alive
			before := descriptors(t)
			peers := a.crowd()
			for _, nc := range peers {
				c.peer(nc)
			}
			a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
			for _, nc := range peers {
				_ = nc.Close()
			}
			a.until(fmt.Sprintf("the number of descriptors returns to %d", before), func() bool { return descriptors(t) <= before })
			if n := a.Workers()[0].Connections; n != 0 {
				t.Errorf("the worker has no connection left; got %d", n)
			}
		})
	}
}

func TestPairHalfClosedDoesNotDelayShutdown(t *testing.T) {
	warmUp(t)
	for name, c := range leaks {
		t.Run(name, func(t *testing.T) {
			opts := withShortTimeouts(c.Options)
			opts.Server.HalfOpenTimeout, opts.EventTimeout, opts.Server.ShutdownTimeout = time.Minute, time.Minute, testTimeout
			a := serve(t, c.script, opts)
			a.get("/", 200, "plain")
			before := descriptors(t)
			for _, nc := range a.crowd() {
				c.peer(nc)
				defer func() { _ = nc.Close() }()
			}
			began := time.Now()
			if err := a.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown succeeds; got %v", err)
			}
			if took := time.Since(began); took > opts.Server.ShutdownTimeout {
				t.Errorf("Shutdown returns within %v; it took %v", opts.Server.ShutdownTimeout, took)
			}
			a.until("only the peers' descriptors are left", func() bool { return descriptors(t) <= before+crowd })
		})
	}
}

func TestPairDroppedIsFreed(t *testing.T) {
	embeddedOnly(t, ownMemory)
	a := serve(t, `
		export default {
			async fetch(request) {
				for (let i = 0; i < 200; i++) {
					const [left, right] = new WebSocketPair();
					if (i % 2) right.accept();
					if (i % 2) right.send(new Uint8Array(1 << 16));
					if (i % 3) new Response(null, { status: 101, webSocket: left });
				}
				return new Response("plain");
			},
		};`, worker.Options{Memory: 64 << 20})
	a.get("/", 200, "plain")
	before := descriptors(t)
	for range 25 { // more than twice the worker's memory
		a.get("/", 200, "plain")
	}
	if after := descriptors(t); after > before+100 { // some are the HTTP client's; there were 5,000 pairs
		t.Errorf("an unused pair has no descriptor: before %d; got %d", before, after)
	}
	if w := a.Workers()[0]; w.Failures != 0 {
		t.Errorf("the memory of unused pairs is freed; got %+v", w)
	}
}

// warmUp opens connections, so that the process has the descriptors that all connections share.
func warmUp(t *testing.T) {
	a := serve(t, loggingPair("", ""), withShortTimeouts(worker.Options{}))
	for _, nc := range a.crowd() {
		_ = nc.Close()
	}
	a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
}

// crowd opens as many connections as the constant crowd.
func (a *testApp) crowd() []*net.TCPConn {
	peers := make([]*net.TCPConn, crowd)
	for i := range peers {
		peers[i], _ = a.handmade()
	}
	return peers
}

// descriptors returns the number of open descriptors of the process.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

func TestPairReleasedByReloadsAndCrashes(t *testing.T) {
	warmUp(t)
	opts := withShortTimeouts(worker.Options{Workers: 2})
	opts.Server.ShutdownTimeout = 200 * time.Millisecond
	code := loggingPair("{ allowHalfOpen: true }", `server.addEventListener("message", ({ data }) => { if (data === "loop") for (;;); });`)
	a := serve(t, code, opts)
	a.get("/", 200, "plain")
	before := descriptors(t)
	for name, end := range map[string]func(peers []*net.TCPConn){
		"reload": func([]*net.TCPConn) { a.reload(code) },
		"several reloads": func([]*net.TCPConn) {
			for range 6 { // more than the number of old versions that may finish events
				a.reload(code)
			}
		},
		"failure": func(peers []*net.TCPConn) {
			a.put(peers[0], frame(protocol.Text, "loop"))
			a.put(peers[1], frame(protocol.Text, "loop"))
		},
	} {
		peers := a.crowd()
		for _, nc := range peers[crowd/2:] { // half of the sockets are half-closed
			closeFrame(nc)
		}
		end(peers) // the peers do not answer
		a.until(name+": no connection is left", func() bool { return a.Server().Count() == 0 })
		for _, nc := range peers {
			_ = nc.Close()
		}
		a.until(name+": the number of descriptors returns to its value before", func() bool { return descriptors(t) <= before })
		a.get("/", 200, "plain")
	}
}

// The handlers of a socket refer to the socket and to the application's state for it. They must not keep it in memory.
func TestPairWithHandlersIsFreed(t *testing.T) {
	embeddedOnly(t, ownMemory)
	t.Parallel()
	for name, listen := range map[string]string{
		"attributes": `server.onmessage = () => server.send(String(state.length)); server.onclose = () => state.fill(1); server.onerror = () => server;`,
		"listeners":  `server.addEventListener("message", () => server.send(String(state.length))); server.addEventListener("close", () => state.fill(1));`,
		"a signal":   `server.addEventListener("message", () => server.send(String(state.length)), { signal: AbortSignal.any([life.signal, request.signal]) }); request.signal.onabort = () => state;`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `const life = new AbortController(); export default { fetch(request) {
				const [client, server] = Object.values(new WebSocketPair()), state = new Uint8Array(1 << 20);
				server.accept();
				`+listen+`
				return new Response(null, { status: 101, webSocket: client });
			} };`, worker.Options{Memory: 16 << 20})
			for range 50 {
				c := a.connect()
				c.send("x")
				c.want("1048576")
				c.close(1000, "")
				c.want("closed 1000")
			}
			a.log.never(t, "out of memory")
		})
	}
}

func TestWebSocketWithHandlersIsFreed(t *testing.T) {
	embeddedOnly(t, ownMemory)
	t.Parallel()
	p := newPeer(t, linger.Options{})
	a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => event.respondWith(new Promise((done) => {
		const ws = new WebSocket(%q), state = new Uint8Array(1 << 20);
		ws.onopen = () => ws.close(1000);
		ws.onclose = () => done(new Response(String(state.length)));
		ws.onerror = () => done(new Response(ws.url));
	})));`, p.url), worker.Options{Memory: 16 << 20})
	for range 50 {
		a.get("/", 200, "1048576")
	}
	a.log.never(t, "out of memory")
}
