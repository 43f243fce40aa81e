package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

// BenchmarkPairEcho measures the round trip of a message to a WebSocketPair through TCP, one at a time.
func BenchmarkPairEcho(b *testing.B) {
	for name, listener := range map[string]string{
		"sync":  `(event) => { server.send(event.data); }`,
		"async": `async (event) => { await null; server.send(event.data); }`,
	} {
		b.Run(name, func(b *testing.B) {
			c := serve(b, sockets(`server.accept(); server.addEventListener("message", `+listener+`);`), worker.Options{}).connect()
			b.ReportAllocs()
			for b.Loop() {
				c.send("hello, this is a message")
				<-c.received
			}
		})
	}
}
