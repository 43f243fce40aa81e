package worker_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// loggingPair is an application that prints the events of each WebSocketPair. options is the argument of accept, and more is added
// after the listeners.
func loggingPair(options, more string) string {
	return sockets(`
		server.accept(` + options + `);
		server.onmessage = ({ data }) => log("message", data, server.readyState);
		server.onerror = (event) => log("error", event.message, server.readyState);
		server.onclose = (event) => log("close", event.code, event.reason, event.wasClean, server.readyState);
		` + more)
}

func TestPairAnswersThePeersClose(t *testing.T) {
	t.Parallel()
	a := serve(t, loggingPair("", `
		server.addEventListener("close", () => {
			server.close(4000, "ignored");
			try { server.send("late"); } catch (error) { log(error.name, error.message); }
			try { server.close(1); } catch (error) { log(error.name); }
		});`), worker.Options{})
	c := a.connect()
	c.send("last words")
	c.close(3001, "bye")
	c.want("closed 3001 bye")
	a.stdout.line(t, "message last words 1")
	a.stdout.line(t, "close 3001 bye true 3")
	a.stdout.line(t, "TypeError Can't call WebSocket send() after close().")
	a.stdout.line(t, "InvalidAccessError")
	a.stdout.never(t, "error ")
}

func TestPairCloseEmpty(t *testing.T) {
	t.Parallel()
	a := serve(t, loggingPair("", ""), worker.Options{})
	c := a.connect()
	c.conn.CloseEmpty()
	c.want("closed 1005")
	a.stdout.line(t, "close 1005  true 3")

	a = serve(t, loggingPair("", `server.addEventListener("message", () => { server.close(); log("closing", server.readyState); });`), worker.Options{})
	c = a.connect()
	c.send("go")
	c.want("closed 1005")
	a.stdout.line(t, "closing 2")
	a.stdout.line(t, "close 1005  true 3")
}

func TestPairMessagesAfterClose(t *testing.T) {
	t.Parallel()
	a := serve(t, loggingPair("", `server.addEventListener("message", () => server.close(3000, "enough"));`), worker.Options{})
	nc, r := a.handmade()
	a.put(nc, frame(protocol.Text, "first"))
	wantFrame(t, r, protocol.CloseFrame, "\x0b\xb8enough")
	a.put(nc, frame(protocol.Text, "second"))
	a.stdout.line(t, "message second 2")
	a.put(nc, frame(protocol.CloseFrame, "\x0b\xb9ack"))
	a.stdout.line(t, "close 3001 ack true 3")
}

func TestPairHalfOpen(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]struct {
		accept string
		worker.Options
	}{
		"option":      {"{ allowHalfOpen: true }", worker.Options{}},
		"date":        {"", worker.Options{CompatibilityDate: "2026-04-06"}},
		"flag":        {"", worker.Options{CompatibilityFlags: []string{"web_socket_manual_reply_to_close"}}},
		"date, later": {"{ allowHalfOpen: true }", worker.Options{CompatibilityDate: "2026-11-01"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, loggingPair(opts.accept, `
				server.addEventListener("close", async () => {
					server.send("tail 1");
					await new Promise((done) => setTimeout(done, 5));
					server.send("tail 2");
					server.close(3333, "done");
					log("finished", server.readyState);
					try { server.send("late"); } catch (error) { log(error.name); }
				});`), opts.Options)
			c := a.connect()
			c.close(3000, "bye")
			c.want("tail 1", "tail 2", "closed 3333 done")
			a.stdout.line(t, "close 3000 bye true 2")
			a.stdout.line(t, "finished 3")
			a.stdout.line(t, "TypeError")
			a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
			if n := a.stdout.count("close "); n != 1 {
				t.Errorf("there is one close event; got %d:\n%s", n, a.stdout)
			}
		})
	}
}

func TestPairHalfOpenTimeout(t *testing.T) {
	t.Parallel()
	const bound = 50 * time.Millisecond
	a := serve(t, loggingPair("{ allowHalfOpen: true }", ""), worker.Options{Server: linger.Options{Options: websocket.Options{HalfOpenTimeout: bound}}})
	c := a.connect()
	began := time.Now()
	c.close(3000, "bye")
	c.want("closed 3000 bye")
	if took := time.Since(began); took < bound {
		t.Errorf("a socket that the script does not close is closed after %v; got %v", bound, took)
	}
	a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
	if n := a.stdout.count("close "); n != 1 {
		t.Errorf("there is one close event, for the peer's Close; got %d:\n%s", n, a.stdout)
	}
}

func TestPairCloseEvent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(nc *net.TCPConn)
		want []string
	}{
		"EOF":       {func(nc *net.TCPConn) { _ = nc.Close() }, []string{"close 1006  false 3"}},
		"reset":     {func(nc *net.TCPConn) { _ = nc.SetLinger(0); _ = nc.Close() }, []string{"error Network connection lost", "close 1006  false 3"}},
		"violation": {func(nc *net.TCPConn) { _, _ = nc.Write([]byte{0xF1, 0x80, 0, 0, 0, 0}) }, []string{"error frame.rsv", "close 1006  false 3"}},
		"bad code":  {func(nc *net.TCPConn) { _, _ = nc.Write(frame(protocol.CloseFrame, "\x03\xe7")) }, []string{"error close.code", "close 1006  false 3"}},
	} {
		for _, options := range []string{"", "{ allowHalfOpen: true }"} {
			t.Run(name+options, func(t *testing.T) {
				t.Parallel()
				a := serve(t, loggingPair(options, `
					server.addEventListener("close", () => { server.send("dropped"); server.close(); log("still", server.readyState); });`), worker.Options{})
				nc, _ := a.handmade()
				c.end(nc)
				for _, want := range c.want {
					a.stdout.line(t, want)
				}
				a.stdout.line(t, "still 3")
				a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
				if n := a.stdout.count("close 1006"); n != 1 {
					t.Errorf("there is one close event; got %d:\n%s", n, a.stdout)
				}
				if text := a.stdout.String(); len(c.want) == 1 && a.stdout.count("error") > 0 {
					t.Errorf("EOF from the peer causes no error event; got:\n%s", text)
				}
			})
		}
	}
}

func TestPairWithinTheScriptClose(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const log = (...all) => console.log(all.join(" "));
		const listen = (socket, name) => {
			socket.onmessage = ({ data }) => log(name, "message", data, socket.readyState);
			socket.onclose = ({ code, reason, wasClean }) => log(name, "close", code, reason, wasClean, socket.readyState);
		};
		export default {
			async fetch(request) {
				const [left, right] = new WebSocketPair();
				left.accept();
				left.send("before the other accepts");
				right.accept({ allowHalfOpen: request.url.endsWith("half") });
				listen(left, "left");
				listen(right, "right");
				right.send("to the left");
				left.send("to the right");
				right.addEventListener("close", async () => {
					if (!request.url.endsWith("half")) return;
					right.send("tail");
					await new Promise((done) => setTimeout(done, 2));
					right.close(3002, "and yours");
					log("right finished", right.readyState);
				});
				left.addEventListener("message", ({ data }) => { if (data !== "tail") left.close(3001, "mine"); });
				return new Response("ok");
			},
		};`, worker.Options{})
	a.get("/whole", 200, "ok")
	a.stdout.line(t, "right message before the other accepts 1")
	a.stdout.line(t, "right message to the right 1")
	a.stdout.line(t, "left message to the left 1")
	a.stdout.line(t, "right close 3001 mine true 3")
	a.stdout.line(t, "left close 3001 mine true 3")
	a.get("/half", 200, "ok")
	a.stdout.line(t, "right close 3001 mine true 2")
	a.stdout.line(t, "left message tail 2")
	a.stdout.line(t, "left close 3002 and yours true 3")
	a.stdout.line(t, "right finished 3")
	if n := a.stdout.count(" close "); n != 4 {
		t.Errorf("each end has one close event; got %d:\n%s", n, a.stdout)
	}
}

func TestPairWithinTheScriptTimeouts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `
		export default {
			async fetch(request) {
				const [left, right] = new WebSocketPair();
				left.accept();
				left.onclose = ({ code, wasClean }) => console.log("left", code, wasClean, left.readyState);
				if (request.url.endsWith("half")) right.accept({ allowHalfOpen: true });
				left.close(3001);
				return new Response("ok");
			},
		};`, worker.Options{EventTimeout: time.Second})
		a.get("/half", 200, "ok")
		a.stdout.line(t, "left 3001 true 3") // the other end was closed at its timeout
		a.get("/alone", 200, "ok")
		a.stdout.line(t, "left 1006 false 3") // the other end was never accepted
	})
}

func TestPairAccept(t *testing.T) {
	t.Parallel()
	t.Run("a socket that is never accepted is closed", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sockets(``), worker.Options{EventTimeout: time.Second})
			c := a.connect()
			c.send("one", "two")
			c.want("closed 1011 the application did not accept the WebSocket")
			a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
		})
	})
	t.Run("a socket may be accepted after the response", func(t *testing.T) {
		t.Parallel()
		a := serve(t, strings.Replace(loggingPair("", ""), "server.accept();", "setTimeout(() => server.accept(), 20);", 1), worker.Options{})
		c := a.connect()
		c.send("one", "two")
		c.close(3000, "")
		c.want("closed 3000")
		a.stdout.line(t, "message one 1")
		a.stdout.line(t, "message two 1")
		a.stdout.line(t, "close 3000  true 3")
	})
	t.Run("a socket accepted after its end gets its messages and its close event", func(t *testing.T) {
		t.Parallel()
		a := serve(t, strings.Replace(loggingPair("", `globalThis.accept = () => server.accept();`), "server.accept();", "", 1)+`
			addEventListener("websocketupgrade", (event) => {
				if (!event.request.url.endsWith("/accept")) return;
				accept();
				event.respondWith(new Response("accepted"));
			});`, worker.Options{})
		c := a.connect()
		c.send("one")
		c.conn.CloseNow()
		a.until("the connection is removed", func() bool { return a.Server().Count() == 0 })
		if _, got := a.upgrade("/accept"); got.body != "accepted" {
			t.Fatalf("a socket that has ended can be accepted; got %q", got.body)
		}
		a.stdout.line(t, "message one 1")
		a.stdout.line(t, "close 1006  false 3")
	})
}

func TestPairCloseBeforeTheResponse(t *testing.T) {
	t.Parallel()
	a := serve(t, loggingPair("", `server.send("not you"); server.close(4001, "banned");`), worker.Options{})
	a.connect().want("not you", "closed 4001 banned")
	a.stdout.line(t, "close 4001 banned true 3")
}

// handmade opens a connection on which the test itself reads and writes frames.
func (a *testApp) handmade() (*net.TCPConn, *bufio.Reader) {
	a.t.Helper()
	nc, _ := a.sendUpgrade("/").(*net.TCPConn)
	r := bufio.NewReader(nc)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		a.t.Fatalf("the upgrade request is accepted; got %v %v", response, err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(testTimeout))
	a.t.Cleanup(func() { _ = nc.Close() })
	return nc, r
}

// put writes bytes.
func (a *testApp) put(nc net.Conn, b []byte) {
	a.t.Helper()
	if _, err := nc.Write(b); err != nil {
		a.t.Fatal(err)
	}
}

// frame returns a short frame of a client, masked with a key of zeros (RFC 6455, section 5.2).
func frame(op protocol.Opcode, payload string) []byte {
	return append([]byte{0x80 | byte(op), 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// wantFrame reads one short frame of the server and compares it.
func wantFrame(t *testing.T, r *bufio.Reader, op protocol.Opcode, payload string) {
	t.Helper()
	want := string([]byte{0x80 | byte(op), byte(len(payload))}) + payload
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("the server sends % x; got % x %v", want, got, err)
	}
}
