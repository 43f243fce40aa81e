package worker_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker"
)

func TestWebSocketPausesWhileAListenerWaits(t *testing.T) {
	t.Parallel()
	const count, size = 64, 1 << 16
	sockets := make(chan *linger.Socket, 1)
	server := linger.NewServer(linger.HandlerFuncs{
		OnMessage: func(m *linger.Message) { sockets <- m.Socket },
	}, linger.Options{SendQueue: 1 << 24, Logger: discard})
	front := otherServer(t, server.ServeHTTP)
	a := serve(t, fmt.Sprintf(`
		let resume;
		const blocked = new Promise((resolve) => { resume = resolve; });
		const ws = new WebSocket(%q);
		ws.binaryType = "arraybuffer";
		let seen = 0, wrong = 0;
		ws.onopen = () => ws.send("begin");
		ws.onmessage = async (e) => {
			if (new Uint8Array(e.data)[0] !== seen++) wrong++;
			if (seen === 1) { console.log("busy"); await blocked; }
			if (seen === %d) console.log("all", wrong);
		};
		addEventListener("fetch", (event) => { resume(); event.respondWith(new Response("on")); });
	`, strings.Replace(front.URL, "http", "ws", 1), count), worker.Options{})
	socket := <-sockets
	for i := range count {
		data := make([]byte, size)
		data[0] = byte(i)
		if err := socket.Send(linger.Binary(data)); err != nil {
			t.Fatal(err)
		}
	}
	a.stdout.line(t, "busy")
	a.stdout.never(t, "all")
	a.get("/", 200, "on")
	a.stdout.line(t, "all 0")
}

// unreadingServer starts a server that accepts WebSockets, calls then for each, and never reads from them. It returns its URL.
func unreadingServer(t *testing.T, then func(nc *net.TCPConn)) string {
	t.Helper()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = nc.Close() })
		_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			handshake.Accept(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
		if tcp, ok := nc.(*net.TCPConn); ok {
			then(tcp)
		}
	})
	return strings.Replace(server.URL, "http", "ws", 1)
}

func TestWebSocketSendToAServerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	url := unreadingServer(t, func(*net.TCPConn) {})
	flood := `
		const ws = new WebSocket(%q);
		ws.onopen = () => {
			for (let i = 0; i < 200; i++) ws.send(new Uint8Array(1 << 17));
			console.log("state", ws.readyState, ws.bufferedAmount < (1 << 20) + (1 << 18));
		};
		ws.onclose = (e) => console.log("close", e.code, e.wasClean);`
	opts := withShortTimeouts(worker.Options{})
	opts.EventTimeout = testTimeout
	a := serve(t, fmt.Sprintf(flood, url), opts)
	a.stdout.line(t, "state 1 true")
	a.stdout.line(t, "close 1006 false")
	opts.Server.Policy = linger.PolicyDrop
	opts.Server.WriteTimeout = -1
	dropping := serve(t, fmt.Sprintf(flood, url), opts)
	dropping.stdout.line(t, "state 1 true")
	dropping.get("/", 426, "this application accepts WebSocket connections only: it has no listener to fetch events")
	dropping.stdout.never(t, "close")
}

// The test counts descriptors, so it does not run in parallel with others.
func TestWebSocketReleasesDescriptors(t *testing.T) {
	closing := func(nc *net.TCPConn) { _, _ = nc.Write(frame(protocol.CloseFrame, "\x0b\xb8")) }
	gone := func(first func(nc *net.TCPConn)) func(nc *net.TCPConn) {
		return func(nc *net.TCPConn) {
			first(nc)
			_ = nc.Close()
		}
	}
	for name, c := range map[string]struct {
		then   func(nc *net.TCPConn)
		script string
	}{
		"the server sends a Close and then nothing":    {closing, ``},
		"the server sends a Close and ends TCP":        {gone(closing), ``},
		"the server ends TCP":                          {gone(func(*net.TCPConn) {}), ``},
		"the server resets":                            {gone(func(nc *net.TCPConn) { _ = nc.SetLinger(0) }), ``},
		"half-open, and neither side closes":           {closing, `accept = { allowHalfOpen: true };`},
		"never accepted":                               {closing, `accept = null;`},
		"never accepted, and the server sends nothing": {func(*net.TCPConn) {}, `accept = null;`},
		"closed, and the server sends nothing":         {func(*net.TCPConn) {}, `then = (ws) => ws.close(4000);`},
		"closed immediately":                           {func(*net.TCPConn) {}, `make = async () => new WebSocket(url).close();`},
	} {
		t.Run(name, func(t *testing.T) { leakOutgoing(t, c.then, c.script) })
	}
}

// leakOutgoing opens WebSockets with a script, handles them in the server with then, and waits until their descriptors are closed.
func leakOutgoing(t *testing.T, then func(nc *net.TCPConn), script string) {
	accepted := make(chan struct{}, crowd)
	var held atomic.Int32 // the number of descriptors that the other server keeps open
	url := unreadingServer(t, func(nc *net.TCPConn) {
		then(nc)
		if nc.SetNoDelay(true) == nil { // then has not closed it
			held.Add(1)
		}
		accepted <- struct{}{}
	})
	a := serve(t, fmt.Sprintf(`
		const url = %q;
		let accept = {}, then = () => {}, closed = 0, made = 0;
		const fetched = async () => {
			const { webSocket } = await fetch(url.replace("ws:", "http:"), { headers: { upgrade: "websocket" } });
			if (accept) webSocket.accept(accept);
			return webSocket;
		};
		let make = (i) => (i %% 2 || accept?.allowHalfOpen || !accept ? fetched() : Promise.resolve(new WebSocket(url)));
		%s
		async function one(i) {
			const ws = await make(i);
			if (!ws) return;
			ws.addEventListener("close", () => closed++);
			if (ws.readyState === 0) await new Promise((resolve) => { ws.onopen = ws.onclose = resolve; });
			then(ws);
		}
		addEventListener("fetch", (event) => {
			if (event.request.url.endsWith("/go")) for (let i = 0; i < %d; i++) setTimeout(one, 0, i); // each in a separate turn
			event.respondWith(new Response("plain"));
		});`, url, script, crowd), withShortTimeouts(worker.Options{}))
	a.get("/", 200, "plain")
	before := descriptors(t) + 3*runtime.GOMAXPROCS(0) // the event loops, with two rings each, start with the first connection
	a.get("/go", 200, "plain")
	for opened := 0; opened < crowd && !strings.Contains(script, "close();"); opened++ {
		select {
		case <-accepted:
		case <-time.After(testTimeout):
			t.Fatalf("the other server accepts %d WebSockets; got %d. The log: %s", crowd, opened, a.log)
		}
	}
	a.until("the application's descriptors are closed, even if the other server keeps its own", func() bool { return descriptors(t) <= before+int(held.Load()) })
}

func TestWebSocketUserAgent(t *testing.T) {
	t.Parallel()
	agents := make(chan string, 1)
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		agents <- r.Header.Get("User-Agent")
		w.WriteHeader(http.StatusForbidden)
	})
	serve(t, fmt.Sprintf(`new WebSocket(%q).onerror = () => {};`, strings.Replace(server.URL, "http", "ws", 1)), worker.Options{})
	if got := <-agents; got != "linger" {
		t.Errorf("the User-Agent is that of fetch, linger; got %q", got)
	}
}
