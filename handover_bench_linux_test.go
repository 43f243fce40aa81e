package linger_test

import (
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

// BenchmarkHandover hands idle connections over. It reports the times of the announcement, and from the first connection that was
// frozen until the new server had taken over. Both servers and the clients share the descriptors of one process, which bounds the
// number of connections.
func BenchmarkHandover(b *testing.B) {
	const connections = 4000
	var announce, pause, bytes float64
	for b.Loop() {
		b.StopTimer()
		from, address := listenRaw(b, linger.HandlerFuncs{OnMessage: echo})
		to, _ := listenRaw(b, linger.HandlerFuncs{OnMessage: echo})
		clients := make([]net.Conn, connections)
		for i := range clients {
			clients[i] = dialRaw(b, address)
		}
		b.StartTimer()
		ours, theirs := newLink(b)
		done := make(chan linger.HandoverReport, 1)
		go func() {
			report, err := from.Handover(b.Context(), ours, linger.HandoverOptions{})
			if err != nil {
				b.Error(err)
			}
			done <- report
		}()
		if err := to.Receive(b.Context(), theirs, linger.ReceiveOptions{}); err != nil {
			b.Fatal(err)
		}
		report := <-done
		announce += report.Announce.Seconds() * 1000
		pause += report.Pause.Seconds() * 1000
		bytes += float64(report.Bytes) / connections
		b.StopTimer()
		for _, c := range clients {
			_ = c.Close()
		}
		for to.Count() > 0 {
			time.Sleep(time.Millisecond)
		}
		b.StartTimer()
	}
	b.ReportMetric(announce/float64(b.N), "announce-ms/op")
	b.ReportMetric(pause/float64(b.N), "pause-ms/op")
	b.ReportMetric(bytes/float64(b.N), "bytes/connection")
}
