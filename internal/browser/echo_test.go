package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// echoServer is a server of the library with compression, and with an empty page from which scripts connect.
type echoServer struct {
	url  string
	ends chan websocket.Outcome // receives the outcome of each connection
}

func startEcho(t *testing.T) echoServer {
	s := echoServer{ends: make(chan websocket.Outcome, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>echo</title>"))
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Options: websocket.Options{Compression: &websocket.CompressionOptions{}, MaxMessage: 2 << 20},
		})
		if err == nil {
			s.echo(c)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// echo echoes messages in fragments of 10,000 bytes. The message "close CODE REASON" closes the connection, and "abort"
// aborts it.
func (s echoServer) echo(c *websocket.Conn) {
	ctx := context.Background()
	for {
		op, message, err := c.Read(ctx)
		if err != nil {
			break
		}
		if text, ok := strings.CutPrefix(string(message), "close "); ok {
			code, reason, _ := strings.Cut(text, " ")
			var number websocket.CloseCode
			_, _ = fmt.Sscan(code, &number)
			_ = c.Close(number, reason)
			break
		}
		if string(message) == "abort" {
			c.CloseNow()
			break
		}
		if sendFragments(ctx, c, op, message) != nil {
			break
		}
	}
	<-c.Done()
	end, _ := c.Outcome()
	s.ends <- end
}

func sendFragments(ctx context.Context, c *websocket.Conn, op websocket.MessageType, message []byte) error {
	w, err := c.Writer(ctx, op)
	if err != nil {
		return err
	}
	for len(message) > 0 {
		n := min(len(message), 10_000)
		if _, err := w.Write(message[:n]); err != nil {
			return err
		}
		message = message[n:]
	}
	return w.Close()
}

func (s echoServer) wantEnd(t *testing.T) websocket.Outcome {
	t.Helper()
	select {
	case end := <-s.ends:
		return end
	case <-time.After(timeout):
		t.Fatal("the connection does not end on the server")
		return websocket.Outcome{}
	}
}

// openSocket opens a WebSocket in a page as window.socket, and returns its extensions.
const openSocket = `new Promise((resolve, reject) => {
	const socket = window.socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/echo");
	socket.binaryType = "arraybuffer";
	window.ending = new Promise((end) => { socket.onclose = ({ code, reason, wasClean }) => end({ code, reason, wasClean }) });
	socket.onopen = () => resolve(socket.extensions);
	socket.onerror = reject;
})`

// echoAll sends messages of several sizes and returns those whose echo differs.
const echoAll = `(async () => {
	const wrong = [];
	for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20]) {
		for (const kind of ["text", "binary", "noise"]) {
			const bytes = new Uint8Array(size);
			if (kind === "noise") for (let i = 0; i < size; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
			const sent = kind === "text" ? "κ".repeat(size / 2) + "x".repeat(size % 2) : bytes;
			const got = await new Promise((resolve) => { socket.onmessage = (event) => resolve(event.data); socket.send(sent) });
			const same = kind === "text" ? got === sent : got.byteLength === size && new Uint8Array(got).every((b, i) => b === bytes[i]);
			if (!same) wrong.push(kind + " " + size);
		}
	}
	return wrong;
})()`

func TestConn(t *testing.T) {
	page, server := startBrowser(t), startEcho(t)
	p := page.open(t, server.url)

	t.Run("messages of all sizes are echoed", func(t *testing.T) {
		if got := evaluate[string](p, openSocket, chromedp.EvalAwaitPromise); !strings.Contains(got, "permessage-deflate") {
			t.Errorf("the extensions are %q, expected permessage-deflate", got)
		}
		if wrong := evaluate[[]string](p, echoAll, chromedp.EvalAwaitPromise); len(wrong) > 0 {
			t.Errorf("the echoes of these messages differ: %q", wrong)
		}
		evaluate[bool](p, `socket.close(); true`)
		server.wantEnd(t)
	})

	long := strings.Repeat("r", 123)
	for _, c := range []closeEvent{{1000, "", true}, {1000, "bye", true}, {3000, "", true}, {4999, long, true}} {
		t.Run(fmt.Sprintf("the page closes with %d %.3s", c.Code, c.Reason), func(t *testing.T) {
			evaluate[string](p, openSocket, chromedp.EvalAwaitPromise)
			evaluate[bool](p, fmt.Sprintf(`socket.close(%d, %q); true`, c.Code, c.Reason))
			if got := p.closeEvent(); got != c {
				t.Errorf("the page sees %v, expected %v", got, c)
			}
			end := server.wantEnd(t)
			if int(end.Received.Code) != c.Code || end.Received.Reason != c.Reason || !end.Clean {
				t.Errorf("the server receives %v, clean %v; expected %v", end.Received, end.Clean, c)
			}
		})
	}
	for _, c := range []closeEvent{{1000, "", true}, {1001, "away", true}, {3000, "", true}, {4999, long, true}} {
		t.Run(fmt.Sprintf("the server closes with %d %.4s", c.Code, c.Reason), func(t *testing.T) {
			evaluate[string](p, openSocket, chromedp.EvalAwaitPromise)
			evaluate[bool](p, fmt.Sprintf(`socket.send("close %d %s"); true`, c.Code, c.Reason))
			if got := p.closeEvent(); got != c {
				t.Errorf("the page sees %v, expected %v", got, c)
			}
			if end := server.wantEnd(t); !end.Clean || end.First != protocol.Local {
				t.Errorf("the server's outcome is clean %v, first %v; expected true and local", end.Clean, end.First)
			}
		})
	}
	t.Run("an abort is 1006", func(t *testing.T) {
		evaluate[string](p, openSocket, chromedp.EvalAwaitPromise)
		evaluate[bool](p, `socket.send("abort"); true`)
		if got := p.closeEvent(); got.Code != 1006 || got.WasClean {
			t.Errorf("the page sees %v, expected 1006, not clean", got)
		}
		server.wantEnd(t)
	})
	t.Run("closing a tab sends 1001", func(t *testing.T) {
		other := page.open(t, server.url)
		evaluate[string](other, openSocket, chromedp.EvalAwaitPromise)
		other.close()
		if end := server.wantEnd(t); end.Received.Code != 1001 {
			t.Errorf("the server receives %v, expected 1001", end.Received)
		}
	})
}
