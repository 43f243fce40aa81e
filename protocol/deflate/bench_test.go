package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"
)

var benchSizes = []int{100, 1000, 16 << 10}

func benchMessages(size int) [][]byte {
	messages := make([][]byte, 16)
	for i := range messages {
		messages[i] = chat(uint64(i), size)
	}
	return messages
}

func BenchmarkDeflate(b *testing.B) {
	for _, size := range benchSizes {
		messages := benchMessages(size)
		run := func(name string, deflate func(dst, message []byte) []byte) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(size))
				var room []byte
				total := 0
				for i := range b.N {
					room = deflate(room[:0], messages[i%len(messages)])
					total += len(room)
				}
				b.ReportMetric(float64(total)/float64(b.N), "out/op")
			})
		}
		for _, w := range []Window{{}, {Bits: 10}, {NoContextTakeover: true}} {
			d := NewDeflater(w, Options{})
			run(fmt.Sprintf("bits%d,noTakeover=%v", w.bits(), w.NoContextTakeover), func(dst, m []byte) []byte { return d.Deflate(dst, m, true) })
		}
		for _, noTakeover := range []bool{false, true} { // a writer per connection, 1.2 MB each
			peer := newStdWriter(1)
			run(fmt.Sprintf("std,noTakeover=%v", noTakeover), func(_, m []byte) []byte {
				if noTakeover {
					peer.w.Reset(&peer.buffer)
				}
				return peer.deflate(m)
			})
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range benchSizes {
		message := lastBlockOf(chat(1, size))
		for _, noTakeover := range []bool{false, true} {
			b.Run(fmt.Sprintf("noTakeover=%v/%d", noTakeover, size), func(b *testing.B) {
				in, room := NewInflater(Window{NoContextTakeover: noTakeover}), make([]byte, 0, size)
				b.ReportAllocs()
				b.SetBytes(int64(size))
				for range b.N {
					if _, err := in.Inflate(room, message, size); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("std/%d", size), func(b *testing.B) {
			input, room := bytes.NewReader(message), make([]byte, size)
			r := flate.NewReader(input)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for range b.N {
				input.Reset(message)
				_ = r.(flate.Resetter).Reset(input, nil)
				if _, err := io.ReadFull(r, room); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
