package worker_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// closeFacts is an application that prints the properties of each close event.
const closeFacts = `
	addEventListener("websocketupgrade", (event) => {
		const conn = event.accept();
		if (event.request.headers.has("x-fail")) throw new Error("on purpose");
		conn.send("hello");
	});
	addEventListener("websocketmessage", ({ source, data }) => {
		if (data === "close") source.close(4002, "enough");
		if (data === "flood") for (let i = 0; i < 64; i++) source.send("x".repeat(1 << 20));
	});
	addEventListener("websocketclose", ({ code, reason, sentCode, sentReason, wasClean, initiator, cause, violation }) => {
		console.log(JSON.stringify({ code, reason, sentCode, sentReason, wasClean, initiator, cause, violation }));
	});`

// closeEnds are the ways in which a connection can end, with the properties of the close event for each.
var closeEnds = map[string]struct {
	opts linger.Options
	act  func(a *testApp, nc net.Conn)
	want string
}{
	"the peer closes": {
		act:  func(_ *testApp, nc net.Conn) { _, _ = nc.Write(frame(protocol.CloseFrame, "\x0f\xa1"+"bye")) },
		want: `{"code":4001,"reason":"bye","sentCode":4001,"sentReason":"bye","wasClean":true,"initiator":"remote","cause":"close","violation":""}`,
	},
	"the peer closes without a code": {
		act:  func(_ *testApp, nc net.Conn) { _, _ = nc.Write(frame(protocol.CloseFrame, "")) },
		want: `{"code":1005,"reason":"","sentCode":1005,"sentReason":"","wasClean":true,"initiator":"remote","cause":"close","violation":""}`,
	},
	"the script closes": {
		act: func(_ *testApp, nc net.Conn) {
			_, _ = nc.Write(frame(protocol.Text, "close"))
			_, _ = nc.Read(make([]byte, 100)) // the script's Close
			_, _ = nc.Write(frame(protocol.CloseFrame, "\x0f\xa9"+"agreed"))
		},
		want: `{"code":4009,"reason":"agreed","sentCode":4002,"sentReason":"enough","wasClean":true,"initiator":"local","cause":"close","violation":""}`,
	},
	"a message is too big": {
		opts: linger.Options{Options: websocket.Options{MaxMessage: 100}},
		act:  func(_ *testApp, nc net.Conn) { _, _ = nc.Write([]byte{0x82, 0xfe, 0, 200, 0, 0, 0, 0}) },
		want: `{"code":1006,"reason":"","sentCode":1009,"sentReason":"message too big","wasClean":false,"initiator":"local","cause":"violation","violation":"message.size"}`,
	},
	"text is not UTF-8": {
		act:  func(_ *testApp, nc net.Conn) { _, _ = nc.Write(frame(protocol.Text, "\xff")) },
		want: `{"code":1006,"reason":"","sentCode":1007,"sentReason":"text must be UTF-8","wasClean":false,"initiator":"local","cause":"violation","violation":"message.utf8"}`,
	},
	"an opcode is unknown": {
		act:  func(_ *testApp, nc net.Conn) { _, _ = nc.Write(frame(3, "")) },
		want: `{"code":1006,"reason":"","sentCode":1002,"sentReason":"unknown opcode","wasClean":false,"initiator":"local","cause":"violation","violation":"frame.opcode"}`,
	},
	"the peer ends TCP": {
		act:  func(_ *testApp, nc net.Conn) { _ = nc.Close() },
		want: `{"code":1006,"reason":"","sentCode":1006,"sentReason":"","wasClean":false,"initiator":"remote","cause":"eof","violation":""}`,
	},
	"the peer resets TCP": {
		act:  func(_ *testApp, nc net.Conn) { _ = nc.(*net.TCPConn).SetLinger(0); _ = nc.Close() },
		want: `{"code":1006,"reason":"","sentCode":1006,"sentReason":"","wasClean":false,"initiator":"remote","cause":"transport","violation":""}`,
	},
	"the peer answers no ping": {
		opts: linger.Options{Options: websocket.Options{KeepAlive: 20 * time.Millisecond}},
		act:  func(*testApp, net.Conn) {},
		want: `{"code":1006,"reason":"","sentCode":1006,"sentReason":"","wasClean":false,"initiator":"remote","cause":"keepalive","violation":""}`,
	},
	"the connection is idle": {
		opts: linger.Options{IdleTimeout: 20 * time.Millisecond, Options: websocket.Options{CloseTimeout: 20 * time.Millisecond}},
		act:  func(*testApp, net.Conn) {},
		want: `{"code":1006,"reason":"","sentCode":1001,"sentReason":"idle timeout","wasClean":false,"initiator":"local","cause":"idle","violation":""}`,
	},
	"the connection is old": {
		opts: linger.Options{MaxLifetime: 20 * time.Millisecond, Options: websocket.Options{CloseTimeout: 20 * time.Millisecond}},
		act:  func(*testApp, net.Conn) {},
		want: `{"code":1006,"reason":"","sentCode":1012,"sentReason":"maximum lifetime","wasClean":false,"initiator":"local","cause":"lifetime","violation":""}`,
	},
	"the server shuts down": {
		act: func(a *testApp, nc net.Conn) {
			go func() { _ = a.Shutdown(a.t.Context()) }()
			_, _ = nc.Read(make([]byte, 100)) // the server's Close
			_, _ = nc.Write(frame(protocol.CloseFrame, "\x03\xe9"))
		},
		want: `{"code":1001,"reason":"","sentCode":1001,"sentReason":"server shutting down","wasClean":true,"initiator":"local","cause":"shutdown","violation":""}`,
	},
}

// openRaw opens a connection whose client neither reads nor answers anything by itself.
func (a *testApp) openRaw(lines ...string) net.Conn {
	a.t.Helper()
	nc := a.sendUpgrade("/", lines...)
	a.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetReadDeadline(time.Now().Add(testTimeout))
	var got []byte
	for !strings.HasSuffix(string(got), "\x81\x05hello") {
		b := make([]byte, 1)
		if _, err := nc.Read(b); err != nil {
			a.t.Fatalf("the connection opens; got %q %v", got, err)
		}
		got = append(got, b...)
	}
	return nc
}

func TestCloseEventHasTheOutcomeOfGo(t *testing.T) {
	t.Parallel()
	for name, c := range closeEnds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, closeFacts, worker.Options{Server: c.opts})
			c.act(a, a.openRaw())
			if got := a.stdout.line(t, "cause"); got != c.want {
				t.Errorf("the close event is\n%s; got\n%s", c.want, got)
			}
		})
	}
}

func TestCloseEventOfASlowReader(t *testing.T) {
	t.Parallel()
	a := serve(t, closeFacts, worker.Options{Server: linger.Options{Options: websocket.Options{CloseTimeout: 50 * time.Millisecond}}})
	nc := a.openRaw()
	_, _ = nc.Write(frame(protocol.Text, "flood")) // the client reads nothing
	const begin, end = `{"code":1006,"reason":"","sentCode":`, `"wasClean":false,"initiator":"local","cause":"slow","violation":""}`
	if got := a.stdout.line(t, "cause"); !strings.HasPrefix(got, begin) || !strings.HasSuffix(got, end) {
		t.Errorf("the cause for a slow reader is slow; got %s", got)
	}
}

func TestCloseEventOfAFailedHandshake(t *testing.T) {
	t.Parallel()
	a := serve(t, closeFacts, worker.Options{})
	if got := a.decline("X-Fail: yes"); got.StatusCode != 500 {
		t.Errorf("a failed upgrade gets 500; got %d", got.StatusCode)
	}
	const want = `{"code":1006,"reason":"","sentCode":1006,"sentReason":"","wasClean":false,"initiator":"local","cause":"handshake","violation":""}`
	if got := a.stdout.line(t, "cause"); got != want {
		t.Errorf("the close event is\n%s; got\n%s", want, got)
	}
}

func TestCloseEventConstructorDefaults(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => {
			const of = ({ sentCode, sentReason, cause, violation }) => [sentCode, sentReason, cause, violation];
			const init = { sentCode: "1009", sentReason: 1, cause: "violation", violation: "message.size" };
			event.respondWith(Response.json([of(new WebSocketCloseEvent("x")), of(new WebSocketCloseEvent("x", init))]));
		});`, worker.Options{})
	a.get("/", 200, `[[0,"","",""],[1009,"1","violation","message.size"]]`)
}
