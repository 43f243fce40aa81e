package reconnect

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// harness runs the function of docs/draining.md in Node, without waiting.
const harness = `
const bounds = [];
const later = globalThis.setTimeout;
globalThis.setTimeout = (call, ms) => {
  if (ms < 1_000) return later(call, ms); // of Node itself
  if (ms === 60_000) return later(call, ms).unref();
  bounds.push(ms);
  return later(call, 0);
};
Math.random = () => 0.5;
connect(process.argv[2], {
  open: (socket) => console.log("open"),
  message: (socket, data) => console.log("message", data),
  ended: (code, reason) => console.log("ended", code, reason, bounds.join(" ")),
});
`

// The function of docs/draining.md connects again after each code that means so, with longer and longer bounds, and not after others.
// A handshake that is refused is missing here, because Node 20 dispatches no close event for it, as later versions and browsers do.
func TestDocumentedClient(t *testing.T) {
	const flag = "--experimental-websocket" // of Node 20
	if kind, err := exec.CommandContext(t.Context(), "node", flag, "-p", "typeof WebSocket").Output(); err != nil || string(kind) != "function\n" {
		t.Skip("there is no Node with WebSocket")
	}
	page, err := os.ReadFile("../../docs/draining.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(page)
	if code == nil {
		t.Fatal("docs/draining.md has no function in JavaScript")
	}
	script := t.TempDir() + "/client.cjs"
	if err := os.WriteFile(script, append(code[1], harness...), 0o600); err != nil {
		t.Fatal(err)
	}
	codes := make(chan protocol.CloseCode, 6)
	for _, code := range []protocol.CloseCode{1012, 1001, 1011, 1013, 1012, 4000} {
		codes <- code
	}
	server := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		socket, err := u.Accept(linger.AcceptOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		_ = socket.Send(linger.Text("hello"))
		_ = socket.Close(<-codes, "bye")
	}}, linger.Options{Logger: slog.New(slog.DiscardHandler)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go func() { _ = web.Serve(l) }()
	defer func() { _ = web.Close() }()
	client := exec.CommandContext(t.Context(), "node", flag, script, "ws://"+l.Addr().String())
	client.Stderr = os.Stderr
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(bufio.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Wait(); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("open\nmessage hello\n", 6) + "ended 4000 bye 2500 5000 10000 20000 30000\n"
	if string(got) != want {
		t.Errorf("the client must print\n%s\nand has printed\n%s", want, got)
	}
}
