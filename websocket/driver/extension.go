package driver

import (
	"errors"
	"runtime"
	"sync"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/protocol/handshake"
)

// HalfCloseExtension is the name in Sec-WebSocket-Extensions of the extension that
// docs/half-close.md specifies.
const HalfCloseExtension = "half-close"

// terms are the extensions in use on one connection.
type terms struct {
	halfClose   bool
	compression *compressor // nil if messages are not compressed
}

// agree selects extensions from a client's offer, and returns those of the response (RFC 6455,
// section 9.1). Extensions that are not in the response are declined.
func agree(offer []handshake.Extension, o *Options) (terms, []handshake.Extension) {
	var t terms
	var answer []handshake.Extension
	for _, e := range offer {
		switch {
		case e.Name == HalfCloseExtension && o.OfferHalfClose && !t.halfClose && len(e.Params) == 0:
			t.halfClose = true
			answer = append(answer, handshake.Extension{Name: HalfCloseExtension})
		case e.Name == deflate.Name && o.Compression != nil && t.compression == nil:
			// The first acceptable offer is selected (RFC 7692, section 5.1).
			if params, reply, ok := deflate.Accept(e.Params, *o.Compression); ok {
				t.compression = newCompressor(params.Server, params.Client, *o.Compression)
				answer = append(answer, handshake.Extension{Name: deflate.Name, Params: reply})
			}
		}
	}
	return t, answer
}

// offer returns the extensions that a client offers.
func offer(o *Options) []handshake.Extension {
	var wanted []handshake.Extension
	if o.OfferHalfClose {
		wanted = append(wanted, handshake.Extension{Name: HalfCloseExtension})
	}
	if o.Compression != nil {
		wanted = append(wanted, handshake.Extension{Name: deflate.Name, Params: deflate.Offer(*o.Compression)})
	}
	return wanted
}

// errAnswer is the error of a response with invalid extensions (RFC 6455, section 9.1).
var errAnswer = errors.New("the extensions in the server's response are not valid for those that were offered")

// settleTerms returns the terms of a server's response, in which each extension was offered.
func settleTerms(answer []handshake.Extension, o *Options) (terms, error) {
	var t terms
	for _, e := range answer {
		switch {
		case e.Name == HalfCloseExtension && !t.halfClose && len(e.Params) == 0:
			t.halfClose = true
		case e.Name == deflate.Name && t.compression == nil && o.Compression != nil:
			params, err := deflate.Confirm(*o.Compression, e.Params)
			if err != nil {
				return terms{}, err
			}
			t.compression = newCompressor(params.Client, params.Server, *o.Compression)
		default:
			return terms{}, errAnswer
		}
	}
	return t, nil
}

// compressor is permessage-deflate on one connection.
type compressor struct {
	out      *deflate.Deflater
	in       *deflate.Inflater
	prepared bool // the peer's window is large enough for prepared messages
}

var _ protocol.Compression = (*compressor)(nil)

// newCompressor returns a compressor with the negotiated windows.
func newCompressor(out, in deflate.Window, o deflate.Options) *compressor {
	return &compressor{
		out:      deflate.NewDeflater(out, o),
		in:       deflate.NewInflater(in),
		prepared: out.Bits == 0 || out.Bits == preparedBits,
	}
}

// preparedBits is the window with which prepared messages are compressed. Nearly all peers
// accept it.
const preparedBits = 15

// Compress compresses a piece of a message, unless the message is complete and too short to be
// worth it.
func (c *compressor) Compress(dst, piece []byte, first, last bool) ([]byte, bool) {
	if first && last && !c.out.Worth(len(piece)) {
		return dst, false
	}
	return c.out.Deflate(dst, piece, last), true
}

// Inflate inflates a complete message within the limit.
func (c *compressor) Inflate(message []byte, limit int64) ([]byte, error) {
	plain, err := c.in.Inflate(nil, message, int(limit))
	if errors.Is(err, deflate.ErrTooBig) {
		return nil, protocol.ErrInflateTooBig
	}
	return plain, err
}

// TakesPrepared reports whether a compressed prepared message may be sent.
func (c *compressor) TakesPrepared(size int) bool { return c.prepared && c.out.Worth(size) }

// Sent records that a compressed prepared message has been sent.
func (c *compressor) Sent(plain []byte) { c.out.Sent(plain) }

// The fields of the state of a compressor.
const (
	fieldOutWindow = 1 // the uncompressed bytes that the peer has in its window
	fieldInWindow  = 2 // the uncompressed bytes to which the peer's messages may refer
)

// AppendState appends the content of both windows, at most 32 KiB each.
func (c *compressor) AppendState(b []byte) []byte {
	b = wire.AppendRecord(b, fieldOutWindow, c.out.AppendState)
	return wire.AppendRecord(b, fieldInWindow, c.in.AppendState)
}

// Restore sets the content of both windows.
func (c *compressor) Restore(state []byte) error {
	r := wire.NewReader(state)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		var err error
		switch field {
		case fieldOutWindow:
			err = c.out.Restore(r.Bytes())
		case fieldInWindow:
			err = c.in.Restore(r.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return r.Err()
}

// Prepare frames a message, Text or Binary, to be sent on many connections by [Driver.SendPreparedWithin]. With compression it
// is compressed once. The payload is copied. It returns a *[protocol.Misuse] for text that is not UTF-8 and for other types.
func Prepare(op protocol.Opcode, payload []byte) (*protocol.Prepared, error) {
	p, err := protocol.Prepare(op, payload)
	if err != nil {
		return nil, err
	}
	return compressible(p), nil
}

// compressible returns a prepared message that is compressed once for all connections.
func compressible(p *protocol.Prepared) *protocol.Prepared {
	var once sync.Once
	var compressed []byte
	return p.Compressible(func(payload []byte) []byte {
		once.Do(func() { compressed = deflate.Prepare(nil, payload, deflate.Options{WindowBits: preparedBits}) })
		return compressed
	})
}

// turns is a semaphore. Compressing needs a processor and up to 1.5 MB of memory, and a goroutine may lose the processor
// in the middle of it, so without a bound a thousand goroutines that send at once would hold a gigabyte.
type turns chan struct{}

// compressing bounds how many calls of Driver compress at once.
var compressing = make(turns, 2*runtime.GOMAXPROCS(0))

// leave releases a turn. It does nothing for nil.
func (t turns) leave() {
	if t != nil {
		<-t
	}
}

// enterSend waits until the caller may compress what it sends, on a connection with compression. It must be called
// before mu is locked, so that the connection can go on receiving. A caller that has its turn waits for nothing
// but mu, and no holder of mu waits for a turn.
func (d *Driver) enterSend() turns {
	if d.settings().machine.Compression == nil {
		return nil
	}
	compressing <- struct{}{}
	return compressing
}
