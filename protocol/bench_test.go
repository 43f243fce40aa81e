package protocol

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{64, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				Mask(testKey, 0, p)
			}
		})
	}
}

func BenchmarkReceiveText(b *testing.B) {
	for _, size := range []int{64, 16 << 10} {
		for _, text := range []string{"a", "é"} {
			b.Run(fmt.Sprintf("%d/%s", size, text), func(b *testing.B) { benchmarkReceive(b, strings.Repeat(text, size/len(text))) })
		}
	}
}

func benchmarkReceive(b *testing.B, text string) {
	m := New(Config{})
	wire := mustEncode(b, Server, fmt.Sprintf("text %q", text))
	arrived := make([]byte, len(wire))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		copy(arrived, wire)
		m.Receive(arrived)
		if _, ok := m.Next(); !ok {
			b.Fatal("no message event")
		}
		m.Next()
	}
}

func BenchmarkSendText(b *testing.B) {
	for _, role := range []Role{Server, Client} {
		for _, size := range []int{64, 16 << 10} {
			b.Run(fmt.Sprintf("%s/%d", role, size), func(b *testing.B) { benchmarkSend(b, role, size) })
		}
	}
}

func benchmarkSend(b *testing.B, role Role, size int) {
	m := newPlayer(Config{}, role).m
	payload := []byte(strings.Repeat("a", size))
	var spare []byte
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Send(Text, payload); err != nil {
			b.Fatal(err)
		}
		spare = drain(m, spare)
	}
}

func BenchmarkAppendState(b *testing.B) {
	for _, c := range []struct{ name, input string }{
		{"idle", `peer ping "p"`}, {"half a message", `peer text "x"*500 more`}, {"closing", `app close 1000 "bye"`},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, _, err := replay(Config{HalfOpen: true, DeferFailure: true}, Server, []string{c.input})
			if err != nil {
				b.Fatal(err)
			}
			state := p.m.AppendState(nil)
			b.ReportAllocs()
			for b.Loop() {
				state = p.m.AppendState(state[:0])
			}
			b.ReportMetric(float64(len(state)), "bytes")
		})
	}
}

func BenchmarkRestore(b *testing.B) {
	p, _, err := replay(Config{HalfOpen: true, DeferFailure: true}, Server, []string{`peer text "x"*500 more`})
	if err != nil {
		b.Fatal(err)
	}
	state, m := p.m.AppendState(nil), New(p.m.cfg)
	b.ReportAllocs()
	for b.Loop() {
		m.Reset(p.m.cfg)
		if err := m.Restore(state); err != nil {
			b.Fatal(err)
		}
	}
}
