package driver

import (
	"errors"
	"sync"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
)

// CompressionOptions say how messages are compressed and what is agreed to.
type CompressionOptions = deflate.Options

// compressor is permessage-deflate on one connection.
type compressor struct {
	out      *deflate.Deflater
	in       *deflate.Inflater
	prepared bool // the peer's window takes messages that were compressed for many
}

var _ protocol.Compression = (*compressor)(nil)

// newCompressor returns the compressor for what was agreed: a window for each
// direction.
func newCompressor(out, in deflate.Window, o deflate.Options) *compressor {
	return &compressor{
		out:      deflate.NewDeflater(out, o),
		in:       deflate.NewInflater(in),
		prepared: out.Bits == 0 || out.Bits == preparedBits,
	}
}

// preparedBits is the window that messages for many connections are compressed
// with: the one nearly every peer agrees to.
const preparedBits = 15

// Compress compresses a piece of a message, if the message is worth it. How long
// one that is written in pieces will be nobody knows.
func (c *compressor) Compress(dst, piece []byte, first, last bool) ([]byte, bool) {
	if first && last && !c.out.Worth(len(piece)) {
		return dst, false
	}
	return c.out.Deflate(dst, piece, last), true
}

// Inflate inflates a whole message within the limit.
func (c *compressor) Inflate(message []byte, limit int64) ([]byte, error) {
	plain, err := c.in.Inflate(nil, message, int(limit))
	if errors.Is(err, deflate.ErrTooBig) {
		return nil, protocol.ErrInflateTooBig
	}
	return plain, err
}

// TakesPrepared tells whether a message compressed for many may be sent.
func (c *compressor) TakesPrepared(size int) bool { return c.prepared && c.out.Worth(size) }

// Sent notes that it was.
func (c *compressor) Sent(plain []byte) { c.out.Sent(plain) }

// PrepareDriver frames a message, Text or Binary, to be sent on many connections by [Driver.SendPrepared]. With compression it
// is compressed once. The payload is copied. The error is a *[protocol.Misuse]: text that is not UTF-8, or another type.
func Prepare(op protocol.Opcode, payload []byte) (*protocol.Prepared, error) {
	p, err := protocol.Prepare(op, payload)
	if err != nil {
		return nil, err
	}
	return squeezable(p), nil
}

// squeezable returns a prepared message that is compressed once, for all
// connections that want it so.
func squeezable(p *protocol.Prepared) *protocol.Prepared {
	var once sync.Once
	var squeezed []byte
	return p.Compressible(func(payload []byte) []byte {
		once.Do(func() { squeezed = deflate.Prepare(nil, payload, deflate.Options{WindowBits: preparedBits}) })
		return squeezed
	})
}
