package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
)

// These tests compare with the standard library. All messages of a direction, with their
// tails, are one stream of DEFLATE data.

func newStdReader(r io.Reader) io.Reader { return flate.NewReader(r) }

// lastBlockOf compresses like a peer that cannot flush (RFC 7692, section 7.2.3.4).
func lastBlockOf(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 6)
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

func TestDeflateReadByStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	everyWindow(func(w Window) {
		d := NewDeflater(w, Options{Level: 1 + r.IntN(9)})
		var stream, want []byte
		for _, content := range contents {
			for _, size := range sizes {
				message := content.make(size)
				want = append(want, message...)
				stream = append(append(stream, deflateAll(d, cut(r, message)...)...), tail...)
			}
		}
		got, err := io.ReadAll(newStdReader(bytes.NewReader(append(stream, ending[len(tail):]...))))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("with %+v the standard library inflates %d bytes with error %v, expected %d", w, len(got), err, len(want))
		}
	})
}

// stdWriter compresses messages as one stream, like a peer with context takeover.
type stdWriter struct {
	buffer bytes.Buffer
	w      *flate.Writer
}

func newStdWriter(level int) *stdWriter {
	s := &stdWriter{}
	s.w, _ = flate.NewWriter(&s.buffer, level)
	return s
}

func (s *stdWriter) deflate(message []byte) []byte {
	s.buffer.Reset()
	_, _ = s.w.Write(message)
	_ = s.w.Flush()
	return bytes.TrimSuffix(s.buffer.Bytes(), tail)
}

func TestInflateWrittenByStandardLibrary(t *testing.T) {
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
		for _, noTakeover := range []bool{false, true} {
			peer, in := newStdWriter(level), NewInflater(Window{NoContextTakeover: noTakeover})
			for i, size := range append(sizes, sizes...) {
				if noTakeover {
					peer.w.Reset(&peer.buffer)
				}
				message := chat(uint64(i), size)
				got, err := in.Inflate(nil, peer.deflate(message), size)
				if err != nil || !bytes.Equal(got, message) {
					t.Fatalf("level %d, NoContextTakeover %v: message %d of %d bytes inflates to %d bytes with error %v",
						level, noTakeover, i, size, len(got), err)
				}
			}
		}
	}
}
