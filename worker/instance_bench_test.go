package worker

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/lingerws/linger"
)

// BenchmarkMessage measures message events alone: no transport, and the sends go
// to a connection that is not there.
func BenchmarkMessage(b *testing.B) {
	for name, listener := range map[string]string{
		"sync":  `(event) => { event.source.send(event.data); }`,
		"async": `async (event) => { await null; event.source.send(event.data); }`,
	} {
		b.Run(name, func(b *testing.B) {
			h, socket := benchHandler(b, `addEventListener("websocketmessage", `+listener+`);`)
			m := &linger.Message{Socket: socket, Payload: linger.Text("hello, this is a message")}
			b.ReportAllocs()
			for b.Loop() {
				h.Message(m)
			}
		})
	}
}

func benchHandler(b *testing.B, script string) (handler, *linger.Socket) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "app.js")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	a, err := Load(path, Options{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(a.stop)
	u := &linger.Upgrade{Server: a.server, Request: httptest.NewRequest("GET", "/", nil)}
	socket, err := u.Accept(linger.AcceptOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return handler{a}, socket
}
