//go:build !race

package driver

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
)

// BenchmarkDriverMove moves idle connections to "another process", and reports the time that each step takes for a connection, in
// the fastest of all iterations.
func BenchmarkDriverMove(b *testing.B) {
	const conns = 5000
	all, moved := make([]*Driver, conns), make([]*Driver, conns)
	for i := range all {
		near, _ := tcpPair(b)
		all[i] = New(near, protocol.Server, nil, Options{})
		all[i].Start(echo{})
	}
	divert := func(Op) (int, error) { return 0, nil }
	states, fds := make([][]byte, conns), make([]int, conns)
	steps := []struct {
		name string
		do   func(i int)
		took time.Duration
	}{
		{name: "adopt", do: func(i int) {
			_ = all[i].Descriptor(func(fd int) (err error) {
				fds[i], err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
				return err
			})
			moved[i], _ = Adopt(fds[i], Options{}, divert)
		}},
		{name: "freeze", do: func(i int) {
			if err := all[i].Freeze(divert); err != nil {
				b.Fatal(err)
			}
			states[i] = all[i].AppendState(states[i][:0])
		}},
		{name: "restore", do: func(i int) { _ = moved[i].Restore(states[i]) }},
		{name: "start", do: func(i int) { moved[i].StartWith(echo{}, nil) }},
		{name: "release", do: func(i int) { all[i].Release() }},
	}
	for b.Loop() {
		runtime.GC()
		for s := range steps {
			began := time.Now()
			for i := range conns {
				steps[s].do(i)
			}
			if took := time.Since(began); steps[s].took == 0 || took < steps[s].took {
				steps[s].took = took
			}
		}
		all, moved = moved, all
	}
	for _, s := range steps {
		b.ReportMetric(float64(s.took.Nanoseconds())/conns, "ns/"+s.name)
	}
	b.ReportMetric(float64(len(states[0])), "bytes")
	for _, d := range all {
		d.CloseNow()
	}
}
