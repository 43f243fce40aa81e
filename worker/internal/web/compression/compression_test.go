package compression_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/web/compression"
)

var formats = []compression.Format{compression.Deflate, compression.DeflateRaw, compression.Gzip}

// compress compresses data, which is written in parts of size bytes.
func compress(t testing.TB, format compression.Format, data []byte, size int) []byte {
	t.Helper()
	c, err := compression.NewCompressor(format)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for len(data) > 0 {
		n := min(size, len(data))
		part, err := c.Write(data[:n])
		if err != nil {
			t.Fatal(err)
		}
		out, data = append(out, part...), data[n:]
	}
	rest, err := c.Close()
	if err != nil {
		t.Fatal(err)
	}
	return append(out, rest...)
}

// decompress decompresses data, which is written in parts of size bytes.
func decompress(format compression.Format, data []byte, size int) (out []byte, err error) {
	d, err := compression.NewDecompressor(format)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for {
		part, err := d.Read()
		switch {
		case err != nil:
			return out, err
		case part != nil:
			out = append(out, part...)
		case len(data) > 0:
			n := min(size, len(data))
			d.Write(data[:n])
			data = data[n:]
		default:
			d.End()
			for {
				part, err := d.Read()
				if err != nil || part == nil {
					return out, err
				}
				out = append(out, part...)
			}
		}
	}
}

// sample returns data that can be compressed a little.
func sample(length int) []byte {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible
	data := make([]byte, length)
	for i := range data {
		data[i] = byte(random.IntN(20))
	}
	return data
}

func TestDecompressorReturnsWhatWasCompressed(t *testing.T) {
	for _, format := range formats {
		for _, length := range []int{0, 1, 1000, 100_000} {
			data := sample(length)
			compressed := compress(t, format, data, 50_000)
			for _, size := range []int{1, 1000, len(compressed)} {
				got, err := decompress(format, compressed, size)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s: %d bytes in parts of %d must come back unchanged, got %d bytes, %v", format, length, size, len(got), err)
				}
			}
		}
	}
}

func TestDecompressorRefusesInvalidData(t *testing.T) {
	for _, format := range formats {
		compressed := compress(t, format, sample(1000), 1000)
		for i := 0; i < len(compressed); i += 7 {
			if _, err := decompress(format, compressed[:i], i); !errors.Is(err, compression.ErrTruncated) {
				t.Errorf("%s: of %d bytes %d are truncated data, got %v", format, len(compressed), i, err)
			}
		}
		for _, size := range []int{1, len(compressed), len(compressed) + 1} {
			if _, err := decompress(format, append(bytes.Clone(compressed), 0), size); !errors.Is(err, compression.ErrTrailing) {
				t.Errorf("%s: a byte after the end, in parts of %d, must be ErrTrailing, got %v", format, size, err)
			}
		}
		if _, err := decompress(format, append(bytes.Clone(compressed), compressed...), 10); !errors.Is(err, compression.ErrTrailing) {
			t.Errorf("%s: two streams must be ErrTrailing, got %v", format, err)
		}
		if _, err := decompress(format, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 3); err == nil {
			t.Errorf("%s: invalid data must be an error", format)
		}
	}
	zipped := compress(t, compression.Gzip, sample(100), 100)
	zipped[len(zipped)-6] ^= 1
	if _, err := decompress(compression.Gzip, zipped, 100); !errors.Is(err, gzip.ErrChecksum) {
		t.Errorf("a wrong checksum must be an error, got %v", err)
	}
}

func TestDecompressorReturnsFlushedData(t *testing.T) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	d, err := compression.NewDecompressor(compression.DeflateRaw)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, text := range []string{"one", "two"} {
		_, _ = io.WriteString(w, text)
		_ = w.Flush()
		d.Write(bytes.Clone(b.Bytes()))
		b.Reset()
		if got, err := d.Read(); err != nil || string(got) != text {
			t.Errorf("after a flush %q must be returned, got %q, %v", text, got, err)
		}
		if got, err := d.Read(); err != nil || got != nil {
			t.Errorf("then more input is needed, got %q, %v", got, err)
		}
	}
}

func TestDecompressorPartsAreBounded(t *testing.T) {
	bomb := compress(t, compression.Gzip, make([]byte, 4<<20), 1<<20)
	d, err := compression.NewDecompressor(compression.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.Write(bomb)
	for range 10 {
		part, err := d.Read()
		if err != nil || len(part) == 0 || len(part) > 32<<10 {
			t.Fatalf("a part must have at most 32 KiB, got %d bytes, %v", len(part), err)
		}
	}
	d.Close()
	if _, err := d.Read(); err == nil {
		t.Error("a closed Decompressor must fail")
	}
}

func TestDecompressorIsCollected(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		d, err := compression.NewDecompressor(compression.Gzip)
		if err != nil {
			t.Fatal(err)
		}
		d.Write([]byte{0x1f})
		if _, err := d.Read(); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("the coroutines of 20 Decompressors must end, but %d more goroutines than before are left", runtime.NumGoroutine()-before)
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := compression.NewCompressor("br"); err == nil {
		t.Error("a Compressor for br must be refused")
	}
	if _, err := compression.NewDecompressor("br"); err == nil {
		t.Error("a Decompressor for br must be refused")
	}
}

func BenchmarkCompressor(b *testing.B) {
	data := sample(32 << 10)
	c, err := compression.NewCompressor(compression.Gzip)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		_, _ = c.Write(data)
	}
}

func BenchmarkDecompressor(b *testing.B) {
	data := sample(1 << 20)
	compressed := compress(b, compression.Gzip, data, len(data))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := decompress(compression.Gzip, compressed, len(compressed)); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzDecompressor(f *testing.F) {
	for _, format := range formats {
		f.Add(string(format), compress(f, format, []byte("some text, some text"), 5), 3)
	}
	f.Fuzz(func(t *testing.T, format string, data []byte, size int) {
		size = min(max(size, 1), 100)
		whole, errWhole := decompress(compression.Format(format), data, max(len(data), 1))
		parts, errParts := decompress(compression.Format(format), data, size)
		if (errWhole == nil) != (errParts == nil) || !bytes.Equal(whole, parts) {
			t.Errorf("in one part the result is %q, %v, in parts of %d it is %q, %v", whole, errWhole, size, parts, errParts)
		}
	})
}
