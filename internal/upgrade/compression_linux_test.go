package upgrade

import (
	"errors"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/protocol/handshake"
)

// compression is permessage-deflate with context takeover, of a client. It compresses all messages, so that each depends on
// those before it.
type compression struct {
	out *deflate.Deflater
	in  *deflate.Inflater
}

var deflateOptions = deflate.Options{Threshold: 1}

// offered is the extension that a client with compression offers.
func offered() handshake.Extension {
	return handshake.Extension{Name: deflate.Name, Params: deflate.Offer(deflateOptions)}
}

// confirm returns the compression that a server has agreed to.
func confirm(a handshake.Agreement) (*compression, error) {
	if len(a.Extensions) != 1 || a.Extensions[0].Name != deflate.Name {
		return nil, errors.New("the server has not agreed to permessage-deflate")
	}
	p, err := deflate.Confirm(deflateOptions, a.Extensions[0].Params)
	if err != nil {
		return nil, err
	}
	return &compression{out: deflate.NewDeflater(p.Client, deflateOptions), in: deflate.NewInflater(p.Server)}, nil
}

// Compress implements protocol.Compression.
func (c *compression) Compress(dst, piece []byte, _, last bool) ([]byte, bool) {
	return c.out.Deflate(dst, piece, last), true
}

// Inflate implements protocol.Compression.
func (c *compression) Inflate(message []byte, limit int64) ([]byte, error) {
	plain, err := c.in.Inflate(nil, message, int(limit))
	if errors.Is(err, deflate.ErrTooBig) {
		return nil, protocol.ErrInflateTooBig
	}
	return plain, err
}

// TakesPrepared implements protocol.Compression.
func (*compression) TakesPrepared(int) bool { return false }

// Sent implements protocol.Compression.
func (*compression) Sent([]byte) {}

// AppendState implements protocol.Compression. Clients do not move.
func (*compression) AppendState(b []byte) []byte { return b }

// Restore implements protocol.Compression.
func (*compression) Restore([]byte) error { return errors.ErrUnsupported }
