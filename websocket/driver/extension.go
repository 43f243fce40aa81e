package driver

import (
	"errors"

	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/protocol/handshake"
)

// HalfCloseExtension is the name, in Sec-WebSocket-Extensions, of the extension that
// docs/half-close.md specifies.
const HalfCloseExtension = "half-close"

// terms are the extensions in use on one connection.
type terms struct {
	halfClose   bool
	compression *compressor // nil: none
}

// agree chooses from a client's offer what both want, and returns the answer
// (RFC 6455, section 9.1). What is not taken up is declined by silence.
func agree(offer []handshake.Extension, o *Options) (terms, []handshake.Extension) {
	var t terms
	var answer []handshake.Extension
	for _, e := range offer {
		switch {
		case e.Name == HalfCloseExtension && o.OfferHalfClose && !t.halfClose && len(e.Params) == 0:
			t.halfClose = true
			answer = append(answer, handshake.Extension{Name: HalfCloseExtension})
		case e.Name == deflate.Name && o.Compression != nil && t.compression == nil:
			// RFC 7692, section 5.1: the first offer that can be had
			if params, reply, ok := deflate.Accept(e.Params, *o.Compression); ok {
				t.compression = newCompressor(params.Server, params.Client, *o.Compression)
				answer = append(answer, handshake.Extension{Name: deflate.Name, Params: reply})
			}
		}
	}
	return t, answer
}

// offer returns the extensions that a client asks for.
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

// errAnswer is a server's answer that RFC 6455, section 9.1 does not allow.
var errAnswer = errors.New("the server's answer to the offered extensions is wrong")

// settleTerms reads a server's answer, which holds nothing that was not offered.
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
