// Package compression compresses and decompresses data in parts, in the formats of the Compression Standard.
package compression

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// Format is a format of compressed data (Compression Standard, section 4).
type Format string

// The formats.
const (
	Deflate    Format = "deflate"     // the ZLIB format (RFC 1950)
	DeflateRaw Format = "deflate-raw" // DEFLATE without a header (RFC 1951)
	Gzip       Format = "gzip"        // RFC 1952
)

// The memory that a Compressor and a Decompressor use, in bytes.
const (
	CompressorMemory   = 900 << 10
	DecompressorMemory = 120 << 10
)

var errUnknownFormat = errors.New("compression: unknown format")

// Compressor compresses data. It must be closed, and may be used by one goroutine at a time.
type Compressor struct {
	w   io.WriteCloser
	out bytes.Buffer
}

// NewCompressor returns a Compressor for a format. The error is not nil if the format is unknown.
func NewCompressor(format Format) (*Compressor, error) {
	c := new(Compressor)
	switch format {
	case Deflate:
		c.w = zlib.NewWriter(&c.out)
	case DeflateRaw:
		w, err := flate.NewWriter(&c.out, flate.DefaultCompression)
		if err != nil {
			return nil, err
		}
		c.w = w
	case Gzip:
		c.w = gzip.NewWriter(&c.out)
	default:
		return nil, fmt.Errorf("%w %q", errUnknownFormat, format)
	}
	return c, nil
}

// Write compresses data and returns what is complete of the result. It is valid until the next call.
func (c *Compressor) Write(data []byte) ([]byte, error) {
	c.out.Reset()
	_, err := c.w.Write(data)
	return c.out.Bytes(), err
}

// Close returns the rest of the result. It is valid until the next call.
func (c *Compressor) Close() ([]byte, error) {
	c.out.Reset()
	err := c.w.Close()
	return c.out.Bytes(), err
}
