package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker"
)

// peer is a server to which the application opens WebSockets.
type peer struct {
	*linger.Server
	url      string      // the URL, with the scheme ws
	received chan string // events as those of a client, and "open SUBPROTOCOL" first
}

// newPeer starts a peer. It answers the message "close CODE REASON" with that Close, and others with themselves.
func newPeer(t *testing.T, opts linger.Options) *peer {
	t.Helper()
	p := &peer{received: make(chan string, 1<<10)}
	opts.Logger = discard
	opts.Subprotocols = []string{"chat.v2"}
	p.Server = linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			if u.Request.URL.Path == "/no" {
				u.Fail(http.StatusForbidden, "not you")
				return
			}
			socket, err := u.Accept(linger.AcceptOptions{Header: http.Header{"X-Seen": u.Request.Header["X-Mine"]}})
			if err != nil {
				t.Errorf("Accept succeeds; got %v", err)
				return
			}
			p.received <- "open " + socket.Subprotocol()
		},
		OnMessage: func(m *linger.Message) {
			text := string(m.Data)
			var code int
			var reason string
			if n, _ := fmt.Sscanf(text, "close %d %s", &code, &reason); n > 0 {
				_ = m.Socket.Close(protocol.CloseCode(code), reason)
				return
			}
			p.received <- text
			_ = m.Socket.Send(linger.Payload{Data: m.Data, Binary: m.Binary})
		},
		OnClose: func(c *linger.Close) {
			p.received <- strings.TrimSpace(fmt.Sprintf("closed %d %s", c.Received.Code, c.Received.Reason))
		},
	}, opts)
	server := httptest.NewServer(p.Server)
	t.Cleanup(func() {
		cut, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Shutdown(cut)
		server.Close()
	})
	p.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return p
}

// want waits for the events wanted, in this order.
func (p *peer) want(t *testing.T, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		select {
		case got := <-p.received:
			if got != want {
				t.Fatalf("the other server receives %q next; got %q", want, got)
			}
		case <-time.After(testTimeout):
			t.Fatalf("the other server receives %q next; got nothing", want)
		}
	}
}

// loggingSocket is an application that evaluates the bodies of requests, with open to open a WebSocket whose events it prints. base
// is url, and more is added to the script.
func loggingSocket(url, more string) string {
	return fmt.Sprintf(`
		globalThis.log = (...parts) => console.log(parts.join(" ").trim());
		globalThis.open = function (...args) {
			globalThis.ws = new WebSocket(...args);
			ws.onopen = (e) => log("open", ws.readyState, ws.protocol);
			ws.onmessage = (e) => log("message", typeof e.data === "string" ? e.data : [...new Uint8Array(e.data)]);
			ws.onerror = (e) => log("error", e.message);
			ws.onclose = (e) => log("close", e.code, e.reason, e.wasClean, ws.readyState);
		};
		globalThis.base = %q;
		addEventListener("fetch", (event) => event.respondWith((async () => {
			try {
				await eval(await event.request.text());
				return new Response(String(globalThis.ws?.readyState));
			} catch (error) {
				return new Response(error.name + ": " + error.message, { status: 500 });
			}
		})()));
		%s`, url, more)
}

// run makes the application evaluate a script and checks the response.
func (a *testApp) run(script, want string) {
	a.t.Helper()
	if got := a.do(http.MethodPost, "/", script); got.body != want {
		a.t.Errorf("%s gives %q; got %q", script, want, got.body)
	}
}

// wantPrinted waits for lines and checks that the script has printed exactly these, in this order.
func (a *testApp) wantPrinted(lines ...string) {
	a.t.Helper()
	for _, line := range lines {
		a.stdout.line(a.t, line)
	}
	if got, want := a.stdout.String(), strings.Join(lines, "\n")+"\n"; got != want {
		a.t.Errorf("the script has printed\n%s; got\n%s", want, got)
	}
}

func TestWebSocketOpen(t *testing.T) {
	t.Parallel()
	t.Run("a script opens a WebSocket", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, linger.Options{})
		a := serve(t, loggingSocket(p.url, ""), worker.Options{})
		a.run(`open(base.replace("ws:", "http:") + "/a", ["chat.v1", "chat.v2"]); log(ws.readyState, ws.url.replace(base, ""))`, "0")
		p.want(t, "open chat.v2")
		a.stdout.line(t, "open 1 chat.v2")
		a.run(`ws.binaryType = "arraybuffer"; ws.send("hello"); ws.send(new Uint8Array([1, 2]))`, "1")
		p.want(t, "hello", "\x01\x02")
		a.stdout.line(t, "message 1,2")
		a.run(`ws.close(4001, "bye"); ws.send("dropped")`, "2")
		p.want(t, "closed 4001 bye")
		a.wantPrinted("0 /a", "open 1 chat.v2", "message hello", "message 1,2", "close 4001 bye true 3")
		a.log.never(t, "level=ERROR")
	})
	t.Run("the Close of the server is answered", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, linger.Options{})
		a := serve(t, loggingSocket(p.url, ""), worker.Options{})
		a.run(`open(base)`, "0")
		p.want(t, "open ")
		a.stdout.line(t, "open 1")
		a.run(`ws.send("close 4002 enough")`, "1")
		p.want(t, "closed 4002 enough")
		a.wantPrinted("open 1", "close 4002 enough true 3")
	})
	t.Run("a WebSocket can be opened at the top level", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, linger.Options{})
		a := serve(t, loggingSocket(p.url, `open(base); await new Promise((resolve) => ws.addEventListener("open", resolve)); ws.send("first"); log("loaded")`), worker.Options{})
		p.want(t, "open ", "first")
		a.wantPrinted("open 1", "loaded", "message first")
	})
}

func TestWebSocketOpenFails(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	const failed = "error the WebSocket was not opened: "
	for name, c := range map[string]struct{ script, want string }{
		"refused":        {`open(base + "/no")`, "the server answered with the status 403 instead of 101"},
		"no server":      {`open("ws://127.0.0.1:1/")`, "the connection was refused"},
		"closed before":  {`open(base); ws.close()`, "it was closed before it was open"},
		"no subprotocol": {`open(base.replace("ws:", "http:") + "/?x", "other")`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, loggingSocket(p.url, ""), worker.Options{})
			a.do(http.MethodPost, "/", c.script)
			if c.want == "" { // the server may select none of the subprotocols
				a.wantPrinted("open 1")
				return
			}
			a.wantPrinted(failed+c.want, "close 1006  false 3")
		})
	}
}

func TestWebSocketConstructorArguments(t *testing.T) {
	t.Parallel()
	a := serve(t, loggingSocket("", ""), worker.Options{})
	for script, want := range map[string]string{
		`new WebSocket()`:                          "TypeError: new WebSocket expects 1 argument, but got 0",
		`new WebSocket("/x")`:                      "SyntaxError",
		`new WebSocket("ftp://x")`:                 "SyntaxError",
		`new WebSocket("ws://x/#a")`:               "SyntaxError",
		`new WebSocket("ws://x/#")`:                "SyntaxError",
		`new WebSocket("ws://x", "a b")`:           "SyntaxError",
		`new WebSocket("ws://x", ["a", "a"])`:      "SyntaxError",
		`new WebSocket("ws://x", [""])`:            "SyntaxError",
		`open("ws://127.0.0.1:1"); ws.send("a")`:   "InvalidStateError",
		`open("ws://127.0.0.1:1"); ws.close(1005)`: "InvalidAccessError",
		`open("ws://127.0.0.1:1"); ws.accept()`:    "TypeError",
	} {
		if got := a.do(http.MethodPost, "/", script); got.StatusCode != 500 || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s throws %s; got %q", script, want, got.body)
		}
	}
}

func TestWebSocketMaxSockets(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	a := serve(t, loggingSocket(p.url, ""), worker.Options{MaxSockets: 1})
	a.run(`open(base); globalThis.first = ws`, "0")
	a.stdout.line(t, "open 1")
	a.run(`open(base)`, "0")
	a.stdout.line(t, "error the WebSocket was not opened: the worker has 1 WebSockets open to other servers")
	a.run(`ws = first; ws.close()`, "2")
	a.stdout.line(t, "close 1005  true 3")
	a.until("another WebSocket can be opened", func() bool {
		a.do(http.MethodPost, "/", `open(base)`)
		p.want(t, "open ")
		return true
	})
}

func TestOutgoingUserAgent(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	agents := make(chan string, 1)
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		agents <- r.Header.Get("User-Agent")
		w.WriteHeader(http.StatusForbidden)
	})
	for script, want := range map[string]string{
		`new WebSocket(base.replace("http", "ws")).onerror = () => {}`: "linger",
		`fetch(base)`: "linger",
		`fetch(base, { headers: { upgrade: "websocket" } })`:                       "linger",
		`fetch(base, { headers: { upgrade: "websocket", "user-agent": "mine" } })`: "mine",
		`fetch(base, { headers: { "user-agent": "mine" } })`:                       "mine",
	} {
		serve(t, `const base = "`+server.URL+`"; `+script, worker.Options{})
		select {
		case got := <-agents:
			if got != want {
				t.Errorf("%s sends the User-Agent %q; got %q", script, want, got)
			}
		case <-time.After(testTimeout):
			t.Fatalf("%s sends a request; none arrived", script)
		}
	}
}
