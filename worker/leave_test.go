package worker_test

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// leavingScripts answer each message with itself, after a connection at /go has been opened, or immediately if the message is
// "fast". They close after the peer.
var leavingScripts = map[string]string{
	"functional events": `
		addEventListener("websocketmessage", async (event) => {
			if (event.data !== "fast") await going;
			event.source.send(event.data);
		});
		addEventListener("websocketupgrade", (event) => { if (event.request.url.endsWith("/go")) go(); event.accept(); });`,
	"functional events, half-open": `
		addEventListener("websocketmessage", async (event) => {
			if (event.data !== "fast") await going;
			event.source.send(event.data);
		});
		addEventListener("websocketpeerclose", (event) => { event.source.close(event.code); });
		addEventListener("websocketupgrade", (event) => {
			if (event.request.url.endsWith("/go")) go();
			event.accept({ halfOpen: true });
		});`,
	"Workers API":                workersEcho(``),
	"Workers API, allowHalfOpen": workersEcho(`{ allowHalfOpen: true }`),
}

// workersEcho is an echo with the Workers API, and accepting is the argument of accept. With an argument (half-open mode) the
// script answers the peer's Close, without one the runtime does.
func workersEcho(accepting string) string {
	closing := ""
	if accepting != "" {
		closing = `server.addEventListener("close", async (event) => { await handled; server.close(event.code); });`
	}
	return `export default { fetch(request) {
		if (request.url.endsWith("/go")) go();
		const [client, server] = Object.values(new WebSocketPair());
		let handled;
		server.accept(` + accepting + `);
		server.addEventListener("message", (event) => {
			handled = (async () => {
				if (event.data !== "fast") await going;
				server.send(event.data);
			})();
			return handled;
		});
		` + closing + `
		return new Response(null, { status: 101, webSocket: client });
	} };`
}

// gateScript defines the promise that leavingScripts wait for.
const gateScript = `
	let go;
	const going = new Promise((done) => { go = done; });
`

// A peer may shut TCP down for writing directly after its Close. It still receives the replies of active listeners and our Close
// (RFC 6455, sections 5.5.1 and 7.1.1).
func TestConnectionCloseFollowedByFIN(t *testing.T) {
	t.Parallel()
	for name, script := range leavingScripts {
		for _, text := range []string{"", "fast", "slow"} {
			t.Run(strings.TrimSuffix(name+", "+text, ", "), func(t *testing.T) {
				t.Parallel()
				a := serve(t, gateScript+script, worker.Options{})
				url := "http://" + a.address
				send, want := []string{}, []string{"close 3000"}
				if text != "" {
					send, want = []string{text}, []string{"text " + text, "close 3000"}
				}
				err := testclient.RunCloseFIN(100, url, send, want, func() {
					opener, err := testclient.Dial(url + "/go")
					if err != nil {
						t.Fatal(err)
					}
					opener.Abort()
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func TestConnectionAnswersMessagesBeforeAViolation(t *testing.T) {
	t.Parallel()
	for name, script := range leavingScripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := strings.ReplaceAll(script, `if (event.data !== "fast") await going;`, `await new Promise((done) => setTimeout(done, 1));`)
			a := serve(t, gateScript+script, worker.Options{Server: linger.Options{Options: websocket.Options{CloseTimeout: time.Hour}}})
			for _, v := range testclient.Violations(protocol.Client) {
				client, err := testclient.Dial("http://" + a.address)
				if err != nil {
					t.Fatal(err)
				}
				got, err := client.SendViolation(v.Bytes(protocol.Client), math.MaxInt)
				if err != nil || !slices.Equal(got, v.Want) {
					t.Errorf("%s: the client receives %q; got %q, %v", v.Name, v.Want, got, err)
				}
				client.Abort()
			}
		})
	}
}

// In this test the script is the client, and the server violates the protocol.
func TestWebSocketAnswersMessagesBeforeAViolation(t *testing.T) {
	t.Parallel()
	for _, v := range testclient.Violations(protocol.Server) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			got := make(chan []string, 1)
			url := unreadingServer(t, func(nc *net.TCPConn) {
				_, _ = nc.Write(v.Bytes(protocol.Server))
				got <- fromScript(nc)
			})
			serve(t, fmt.Sprintf(`
				const ws = new WebSocket(%q);
				ws.binaryType = "arraybuffer";
				ws.onmessage = async (event) => {
					await new Promise((done) => setTimeout(done, 1));
					ws.send(event.data);
				};`, url), worker.Options{Server: linger.Options{Options: websocket.Options{CloseTimeout: time.Hour}}})
			if got := <-got; !slices.Equal(got, v.Want) {
				t.Errorf("the server receives %q; got %q", v.Want, got)
			}
		})
	}
}

// fromScript returns the messages that a script sends, up to and including its Close.
func fromScript(nc net.Conn) (all []string) {
	_ = nc.SetDeadline(time.Now().Add(testTimeout))
	machine := protocol.New(protocol.Config{})
	for b := make([]byte, 1<<10); ; {
		n, err := nc.Read(b)
		if err != nil {
			return append(all, err.Error())
		}
		machine.Receive(b[:n])
		for ev, ok := machine.Next(); ok; ev, ok = machine.Next() {
			switch ev.Kind {
			case protocol.EventMessage:
				all = append(all, fmt.Sprintf("%v %s", ev.Opcode, ev.Payload))
			case protocol.EventPong, protocol.EventPing:
			case protocol.EventPiece, protocol.EventPeerClose, protocol.EventFailing, protocol.EventClosed:
				all = append(all, fmt.Sprintf("unexpected event %v", ev.Kind))
			}
		}
		machine.Wrote(len(machine.Output(nil)))
		if ev, ok := machine.Next(); ok && ev.Kind == protocol.EventClosed {
			s := machine.Outcome().Received
			return append(all, fmt.Sprintf("close %d %s", s.Code, s.Reason))
		}
	}
}
