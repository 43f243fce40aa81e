//go:build linux

package handover_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/handover"
)

// BenchmarkHandover hands over 10,000 connections with a state of 200 bytes each, announced with 300 bytes and a descriptor.
func BenchmarkHandover(b *testing.B) {
	const connections = 10_000
	file, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	ids := make([]string, connections)
	for i := range ids {
		ids[i] = fmt.Sprintf("node-%016d", i)
	}
	request, state := make([]byte, 300), make([]byte, 200)
	var announce, pause, total time.Duration
	for b.Loop() {
		fd := int(file.Fd())
		g := &giver{
			announce: func(send func(handover.Connection) error) error { return sendAll(ids, request, fd, send) },
			freeze: func(_ context.Context, send func(handover.Connection) error) (int, error) {
				return 0, sendAll(ids, state, -1, send)
			},
		}
		s := &quiet{}
		r := run(b, g, s, handover.GiveOptions{}, handover.TakeOptions{})
		if r.giveErr != nil || r.report.Moved != connections || s.moved != connections {
			b.Fatalf("Give returns %+v, %v", r.report, r.giveErr)
		}
		announce, pause, total = announce+r.report.Announce, pause+r.report.Pause, total+r.report.Total
	}
	perOp := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(perOp(announce), "announce-ms")
	b.ReportMetric(perOp(pause), "pause-ms")
	b.ReportMetric(perOp(total), "total-ms")
}

func sendAll(ids []string, state []byte, file int, send func(handover.Connection) error) error {
	for _, id := range ids {
		if err := send(handover.Connection{ID: id, State: state, File: file}); err != nil {
			return err
		}
	}
	return nil
}

// quiet is a new process that does nothing.
type quiet struct {
	taker
	moved int
}

func (q *quiet) Announced(c handover.Connection) error { return unix.Close(c.File) }
func (q *quiet) Moved(handover.Connection) error       { q.moved++; return nil }
