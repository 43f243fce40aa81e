package deflate

import "github.com/lingerws/linger/protocol/handshake"

// Accept is the server's part of the negotiation: it takes the parameters of one
// offer and returns what is agreed and the parameters of the answer. It answers
// false if the offer must be declined (RFC 7692, section 7.1); the client may have
// made another one. Every window from 8 to 15 bits can be had.
func Accept(offer []handshake.Param, o Options) (Params, []handshake.Param, bool) {
	asked, err := readParams(offer)
	if err != nil {
		return Params{}, nil, false
	}
	answer := settings{
		// A server must include what it was asked for, and may include it unasked:
		// RFC 7692, section 7.1.1.1. What the client hints at anyway is confirmed, so
		// that we need not keep its window: RFC 7692, section 7.1.1.2.
		serverFresh: asked.serverFresh || o.NoContextTakeover,
		clientFresh: asked.clientFresh || o.NoContextTakeover,
	}
	p := Params{
		Server: Window{Bits: o.bits(), NoContextTakeover: answer.serverFresh},
		Client: Window{Bits: maxBits, NoContextTakeover: answer.clientFresh},
	}
	if asked.serverBits != 0 { // RFC 7692, section 7.1.2.1: the same or less
		p.Server.Bits = min(asked.serverBits, o.bits())
	}
	if asked.serverBits != 0 || p.Server.Bits < maxBits {
		answer.serverBits = p.Server.Bits
	}
	// RFC 7692, section 7.1.2.2: a client that did not offer it must not be answered with it.
	if limit := min(asked.clientBits, o.bits()); asked.clientBits != 0 && limit < maxBits {
		p.Client.Bits, answer.clientBits = limit, limit
	}
	return p, answer.list(), true
}
