package worker_test

import (
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
