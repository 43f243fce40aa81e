package worker_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// BenchmarkEcho measures the round trip of a message through TCP, one at a time.
func BenchmarkEcho(b *testing.B) {
	for name, listener := range map[string]string{
		"sync":  `(event) => { event.source.send(event.data); }`,
		"async": `async (event) => { await null; event.source.send(event.data); }`,
		"data":  `(event) => { event.source.data.count++; event.source.send(event.data); }`,
	} {
		b.Run(name, func(b *testing.B) {
			a := serve(b, `
				addEventListener("websocketupgrade", (event) => { event.accept({ data: { count: 0 } }); });
				addEventListener("websocketmessage", `+listener+`);`, worker.Options{})
			c := a.connect()
			b.ReportAllocs()
			for b.Loop() {
				c.send("hello, this is a message")
				<-c.received
			}
		})
	}
}

// BenchmarkFetchEvent measures plain requests through TCP, one at a time.
func BenchmarkFetchEvent(b *testing.B) {
	for _, c := range []struct{ name, method, body, listener string }{
		{"get", "GET", "", `(event) => event.respondWith(new Response("hello"))`},
		{"post", "POST", `{"a":1}`, `(event) => event.respondWith(event.request.json().then(({ a }) => Response.json({ a })))`},
		{"stream", "GET", "", `(event) => event.respondWith(new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(5)); controller.close(); } })))`},
	} {
		b.Run(c.name, func(b *testing.B) {
			a := serve(b, `addEventListener("fetch", `+c.listener+`);`, worker.Options{})
			b.ReportAllocs()
			for b.Loop() {
				request, err := http.NewRequestWithContext(b.Context(), c.method, "http://"+a.address+"/", strings.NewReader(c.body))
				if err != nil {
					b.Fatal(err)
				}
				response, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
}
