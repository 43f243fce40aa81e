package worker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// fetched is a script with a function ask, which opens a WebSocket with fetch and prints its events.
const fetched = `
	globalThis.ask = async (path, headers = {}, init = {}) => {
		const http = base.replace("ws:", "http:");
		const response = await fetch(http + path, { headers: { Upgrade: "websocket", ...headers }, ...init });
		globalThis.ws = response.webSocket;
		if (!ws) return log(response.status, ws, await response.text(), response.url.replace(http, ""), response.redirected);
		log(response.status, response.statusText, ws.readyState, ws.protocol, response.headers.get("x-seen"), response.url.replace(http, ""));
		ws.binaryType = "arraybuffer";
		ws.onmessage = (e) => log("message", e.data);
		ws.onerror = (e) => log("error", e.message);
		ws.onclose = (e) => log("close", e.code, e.reason, e.wasClean, ws.readyState);
	};`

func TestScriptFetchOpensAWebSocket(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	a := serve(t, loggingSocket(p.url, fetched), worker.Options{})
	a.run(`void ask("/a?b", { "X-Mine": "yes", "Sec-WebSocket-Protocol": "chat.v1, chat.v2", "Sec-WebSocket-Key": "mine", Connection: "x" })`, "undefined")
	p.want(t, "open chat.v2")
	a.stdout.line(t, "101 Switching Protocols 1 chat.v2 yes /a?b")
	a.run(`ws.send("early")`, "TypeError: You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.")
	a.run(`ws.accept(); ws.send("hello")`, "1")
	p.want(t, "hello")
	a.stdout.line(t, "message hello")
	a.run(`ws.send("close 4003 you")`, "1")
	p.want(t, "closed 4003 you")
	a.wantPrinted("101 Switching Protocols 1 chat.v2 yes /a?b", "message hello", "close 4003 you true 3")
	a.log.never(t, "level=ERROR")
}

func TestScriptFetchWebSocketHalfOpen(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	a := serve(t, loggingSocket(p.url, fetched), worker.Options{})
	a.run(`void ask("/").then(() => { ws.accept({ allowHalfOpen: true }); ws.send("close 4004 me"); })`, "undefined")
	p.want(t, "open ")
	a.stdout.line(t, "close 4004 me true 2")
	a.run(`ws.send("after"); ws.close(4005, "too")`, "3")
	p.want(t, "after", "closed 4005 too")
}

func TestScriptFetchWebSocketOtherResponses(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/large", http.StatusFound)
		case "/large":
			_, _ = fmt.Fprint(w, strings.Repeat("l", 5000))
		case "/cut":
			w.Header().Set("Content-Length", "10")
			_, _ = fmt.Fprint(w, "half")
		}
	})
	host := strings.TrimPrefix(server.URL, "http://")
	a := serve(t, loggingSocket("ws://"+host, fetched), worker.Options{MaxBody: 5000})
	a.run(`void ask("/moved")`, "undefined")
	a.stdout.line(t, "200  "+strings.Repeat("l", 5000)+" /large true")
	for script, want := range map[string]string{
		`void ask("/cut").catch((e) => log(e))`:                                   "TypeError: fetch of " + host + " failed: the connection was lost before the answer was complete",
		`void ask("/moved", {}, { redirect: "error" }).catch((e) => log(e))`:      `TypeError: fetch of ` + host + ` failed: the server redirects, and the request's redirect is "error"`,
		`void ask("/moved", {}, { redirect: "manual" }).catch((e) => log(e))`:     "302  <a href=",
		`void ask("/", {}, { method: "POST" }).catch((e) => log(e))`:              "TypeError: fetch: a request for a WebSocket has the method GET and no body",
		`void ask("/", {}, { signal: AbortSignal.abort() }).catch((e) => log(e))`: "AbortError: The operation was aborted",
	} {
		a.run(script, "undefined")
		a.stdout.line(t, want)
	}
}

func TestScriptFetchForwardsAWebSocket(t *testing.T) {
	t.Parallel()
	p := newPeer(t, linger.Options{})
	a := serve(t, fmt.Sprintf(`export default { fetch: (request) => fetch(%q + new URL(request.url).pathname, request) }`,
		strings.Replace(p.url, "ws:", "http:", 1)), worker.Options{})
	c := a.connectTo("/room", "Sec-WebSocket-Protocol: chat.v2", "X-Mine: kept")
	p.want(t, "open chat.v2")
	if got := c.response.Header; got.Get("X-Seen") != "kept" || got.Get("Sec-Websocket-Protocol") != "chat.v2" {
		t.Errorf("the 101 has the fields of the other server's; got %v", got)
	}
	c.send("hello")
	p.want(t, "hello")
	c.want("hello")
	c.send("close 4006 through")
	c.want("closed 4006 through")
	p.want(t, "closed 4006 through")
	if _, response := a.upgrade("/no"); response.StatusCode != http.StatusForbidden {
		t.Errorf("the refusal of the other server is forwarded; got %d", response.StatusCode)
	}
}

func TestScriptFetchWebSocketClosed(t *testing.T) {
	t.Parallel()
	t.Run("a WebSocket that is not accepted is closed", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, linger.Options{})
		a := serve(t, loggingSocket(p.url, fetched), worker.Options{EventTimeout: loopTimeout})
		a.run(`void ask("/")`, "undefined")
		p.want(t, "open ", "closed 1011 the application did not accept the WebSocket")
	})
	t.Run("an aborted upgrade releases its connection", func(t *testing.T) {
		t.Parallel()
		arrived := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-r.Context().Done()
		}))
		defer server.Close()
		a := serve(t, loggingSocket(strings.Replace(server.URL, "http", "ws", 1), fetched), worker.Options{MaxSockets: 1})
		a.run(`globalThis.c = new AbortController(); void ask("/", {}, { signal: c.signal }).catch((e) => log(e))`, "undefined")
		within(t, "the request arrives", func() { <-arrived })
		a.run(`c.abort("never mind")`, "undefined")
		a.stdout.line(t, "never mind")
		within(t, "the connection is closed", server.Close)
	})
}
