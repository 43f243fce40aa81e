package wasm

import "testing"

func BenchmarkStore(b *testing.B) {
	s := NewStore(Options{Interrupted: func() bool { return false }})
	defer s.Close()
	g := &generator{}
	g.function("identity", mapI, 0x20, 0)
	g.function("loop", mapI, // counts its parameter down to 0
		0x03, 0x40, 0x20, 0, 0x41, 1, 0x6B, 0x22, 0, 0x0D, 0, 0x0B, 0x20, 0)
	m, err := s.Compile(g.module())
	if err != nil {
		b.Fatal(err)
	}
	exports, err := s.Instantiate(m, nil)
	if err != nil {
		b.Fatal(err)
	}
	for i, parameter := range []uint64{0, 1 << 20} {
		b.Run(m.Exports[i].Name, func(b *testing.B) {
			stack := []uint64{0}
			for b.Loop() {
				stack[0] = parameter
				if err := exports[i].Call(stack); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(parameter, 1)), "ns/iteration")
		})
	}
}
