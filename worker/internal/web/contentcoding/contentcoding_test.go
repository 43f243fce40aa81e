package contentcoding_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// encode encodes data with the writer that open returns.
func encode(t *testing.T, data []byte, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func zlibWriter(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

// rawDeflate returns DEFLATE data without the header and the checksum of zlib (RFC 1950, section 2.2).
func rawDeflate(t *testing.T, text []byte) []byte {
	t.Helper()
	data := encode(t, text, zlibWriter)
	return data[2 : len(data)-4]
}

func TestDecodeSupportsEveryCoding(t *testing.T) {
	text := []byte("some text, some text, some text")
	zipped := encode(t, text, zip)
	for name, c := range map[string]struct {
		body    []byte
		codings []string
	}{
		"none":                 {text, nil},
		"gzip":                 {zipped, []string{"gzip"}},
		"x-gzip":               {zipped, []string{"x-gzip"}},
		"gzip of two members":  {append(encode(t, text[:9], zip), encode(t, text[9:], zip)...), []string{"gzip"}},
		"deflate":              {encode(t, text, zlibWriter), []string{"deflate"}},
		"deflate without zlib": {rawDeflate(t, text), []string{"deflate"}},
		"deflate within gzip":  {encode(t, rawDeflate(t, text), zip), []string{"deflate", "gzip"}},
		"gzip twice":           {encode(t, zipped, zip), []string{"gzip", "gzip"}},
	} {
		got, err := contentcoding.Decode(c.body, c.codings, 1000)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: want the original text, got %q, %v", name, got, err)
		}
	}
}

func TestDecodeRefusesInvalidData(t *testing.T) {
	zipped := encode(t, bytes.Repeat([]byte("a"), 1000), zip)
	for name, body := range map[string][]byte{"plain text": []byte("hello"), "truncated data": zipped[:len(zipped)-9], "nothing": {}} {
		for _, coding := range []string{"gzip", "deflate"} {
			_, err := contentcoding.Decode(body, []string{coding}, 1000)
			if _, ok := errors.AsType[*contentcoding.Error](err); !ok {
				t.Errorf("%s is not valid %s: want an *Error, got %v", name, coding, err)
			}
		}
	}
	if _, err := contentcoding.Decode(zipped, []string{"br"}, 1000); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("br is not supported: want errors.ErrUnsupported, got %v", err)
	}
}

func TestDecodeIsBounded(t *testing.T) {
	bomb := encode(t, make([]byte, 10<<20), zip)
	if _, err := contentcoding.Decode(bomb, []string{"gzip"}, 1<<20); !errors.Is(err, contentcoding.ErrTooLarge) {
		t.Errorf("for 10 MiB with a limit of 1 MiB: want ErrTooLarge, got %v", err)
	}
	if got, err := contentcoding.Decode(bomb, []string{"gzip"}, 10<<20); err != nil || len(got) != 10<<20 {
		t.Errorf("a body of exactly the limit must be decoded; got %d bytes, %v", len(got), err)
	}
}

func TestParseContentEncoding(t *testing.T) {
	for _, c := range []struct {
		values  []string
		codings []string
		known   bool
	}{
		{nil, nil, true},
		{[]string{""}, nil, true},
		{[]string{"identity"}, nil, true},
		{[]string{"GZip"}, []string{"gzip"}, true},
		{[]string{"deflate, gzip", "x-gzip"}, []string{"deflate", "gzip", "x-gzip"}, true},
		{[]string{"br"}, []string{"br"}, false},
		{[]string{"br, gzip"}, []string{"br", "gzip"}, false},
		{[]string{"gzip,gzip,gzip,gzip,gzip"}, []string{"gzip", "gzip", "gzip", "gzip", "gzip"}, false},
	} {
		codings, known := contentcoding.Parse(c.values)
		if !slices.Equal(codings, c.codings) || known != c.known {
			t.Errorf("Parse(%q): want %q, %t, got %q, %t", c.values, c.codings, c.known, codings, known)
		}
	}
}

func TestOfferKeepsSupportedCodings(t *testing.T) {
	for value, want := range map[string]string{
		"gzip, deflate, br, zstd": "gzip, deflate",
		"br":                      "identity",
		"*":                       "identity",
		"GZIP;q=0.5, *;q=0.1":     "GZIP;q=0.5",
		"identity;q=0, gzip":      "identity;q=0, gzip",
		"":                        "identity",
	} {
		if got := contentcoding.Offer([]string{value}); got != want {
			t.Errorf("Offer(%q): want %q, got %q", value, want, got)
		}
	}
}
