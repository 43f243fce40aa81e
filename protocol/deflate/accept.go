package deflate

import "github.com/lingerws/linger/protocol/handshake"

// Accept is the server's part of the negotiation. Given the parameters of one offer it
// returns the negotiated parameters and those of the answer. It returns false if the
// offer must be declined (RFC 7692, section 7.1); the client may have made others. All
// windows from 8 to 15 bits are supported.
func Accept(offer []handshake.Param, o Options) (Params, []handshake.Param, bool) {
	offered, err := readParams(offer)
	if err != nil {
		return Params{}, nil, false
	}
	answer := settings{
		// A server must include a parameter that the client offered, and may include it
		// otherwise (RFC 7692, section 7.1.1.1). Confirming client_no_context_takeover, even
		// if it is only a hint, means that we need not keep the client's window (RFC 7692,
		// section 7.1.1.2).
		serverNoTakeover: offered.serverNoTakeover || o.NoContextTakeover,
		clientNoTakeover: offered.clientNoTakeover || o.NoContextTakeover,
	}
	p := Params{
		Server: Window{Bits: o.bits(), NoContextTakeover: answer.serverNoTakeover},
		Client: Window{Bits: maxBits, NoContextTakeover: answer.clientNoTakeover},
	}
	if offered.serverBits != 0 { // RFC 7692, section 7.1.2.1: the same or less
		p.Server.Bits = min(offered.serverBits, o.bits())
	}
	if offered.serverBits != 0 || p.Server.Bits < maxBits {
		answer.serverBits = p.Server.Bits
	}
	// RFC 7692, section 7.1.2.2: the answer must not have the parameter if the offer did not.
	if limit := min(offered.clientBits, o.bits()); offered.clientBits != 0 && limit < maxBits {
		p.Client.Bits, answer.clientBits = limit, limit
	}
	return p, answer.list(), true
}
