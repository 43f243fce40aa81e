package deflate

import (
	"fmt"
	"math/rand/v2"
)

// contents are the kinds of payload in the tests.
var contents = []struct {
	name string
	make func(size int) []byte
}{
	{"zeros", func(size int) []byte { return make([]byte, size) }},
	{"random", random},
	{"chat", func(size int) []byte { return chat(1, size) }},
}

func random(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// chat returns chat messages in JSON. The result depends only on seed and size.
func chat(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	lines := []string{"hello", "how are you", "the deploy is done", "who broke it", "lunch?", "it works here", "shipping now"}
	var b []byte
	for len(b) < size {
		b = fmt.Appendf(b, `{"type":"message","room":"lobby","user":"user%d","seq":%d,"text":"%s, %s"}`,
			r.IntN(40), r.IntN(1e6), lines[r.IntN(len(lines))], lines[r.IntN(len(lines))])
	}
	return b[:size]
}

// cut divides a message into frames of random sizes, some of them empty.
func cut(r *rand.Rand, message []byte) [][]byte {
	var pieces [][]byte
	for r.IntN(4) > 0 {
		n := r.IntN(len(message) + 1)
		pieces = append(pieces, message[:n])
		message = message[n:]
	}
	return append(pieces, message)
}

// deflateAll compresses a message in frames and returns their concatenated payloads.
func deflateAll(d *Deflater, pieces ...[]byte) []byte {
	var out []byte
	for i, p := range pieces {
		out = d.Deflate(out, p, i == len(pieces)-1)
	}
	return out
}
