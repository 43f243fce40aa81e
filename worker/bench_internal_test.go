package worker

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// BenchmarkDispatch measures an event within an engine, on one goroutine. The connection does not exist, so messages to it are
// discarded.
func BenchmarkDispatch(b *testing.B) {
	for _, c := range []struct{ name, listener string }{
		{"empty", `() => {}`},
		{"sync", `(event) => { event.source.send(event.data); }`},
		{"async", `async (event) => { event.source.send(event.data); }`},
		{"await", `async (event) => { await null; event.source.send(event.data); }`},
		{"data", `(event) => { event.source.data = 1; event.source.send(event.data); }`},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := benchInstance(b, `addEventListener("websocketmessage", `+c.listener+`);`)
			payload := linger.Text("hello, this is a message")
			b.ReportAllocs()
			for b.Loop() {
				e := &messageEvent{event: event{kind: "websocketmessage"}, message: script.Message{Connection: "local-AAAAAAAAAAAAAAAAAAAAAA", Payload: payload}}
				e.input = &e.message
				if in.beginEvent(&e.event); !e.ended.Load() {
					b.Fatal("the event is complete at the end of its turn")
				}
			}
		})
	}
}

// benchInstance returns an instance that runs a script, without an event loop.
func benchInstance(b testing.TB, script string) *instance {
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
	in, err := newInstance(a.workers[0], a.generation.Load())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(in.discard)
	return in
}
