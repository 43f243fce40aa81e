package deflate

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger/protocol/handshake"
)

// ErrAnswer is returned by [Confirm] if RFC 7692 does not allow the server's answer to
// the offer. The client must fail the connection (RFC 7692, section 7.1).
var ErrAnswer = errors.New("deflate: the server's answer does not match the offer")

// Offer returns the parameters that a client offers.
//
// A server that does not support them declines the offer. If o restricts the server, the
// client may therefore make a second offer without restrictions: Offer(Options{}).
func Offer(o Options) []handshake.Param { return offerSettings(o).list() }

func offerSettings(o Options) settings {
	s := settings{
		serverNoTakeover: o.NoContextTakeover,
		clientNoTakeover: o.NoContextTakeover,
		clientBits:       anyBits, // RFC 7692, section 7.1.2.2: the server chooses
	}
	if o.bits() < maxBits {
		s.serverBits, s.clientBits = o.bits(), o.bits()
	}
	return s
}

// Confirm checks the parameters of the server's answer to Offer(o) and returns the
// negotiated parameters. The error matches [ErrAnswer] and names the wrong parameter.
func Confirm(o Options, answer []handshake.Param) (Params, error) {
	got, err := readParams(answer)
	if err != nil {
		return Params{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if err := offerSettings(o).checkAnswer(got); err != nil {
		return Params{}, err
	}
	p := Params{
		Server: Window{Bits: maxBits, NoContextTakeover: got.serverNoTakeover},
		// The parameters that we offered for our own direction apply whether the server
		// repeats them or not (RFC 7692, sections 7.1.1.2 and 7.1.2.2).
		Client: Window{Bits: o.bits(), NoContextTakeover: got.clientNoTakeover || o.NoContextTakeover},
	}
	if got.serverBits != 0 {
		p.Server.Bits = got.serverBits
	}
	if got.clientBits != 0 {
		p.Client.Bits = got.clientBits
	}
	return p, nil
}

// checkAnswer returns an error if the answer to the offer s is invalid.
func (s settings) checkAnswer(answer settings) error {
	switch {
	case s.serverNoTakeover && !answer.serverNoTakeover: // RFC 7692, section 7.1.1.1
		return fmt.Errorf("%w: it lacks the offered %s", ErrAnswer, serverNoContextTakeover)
	case s.serverBits != 0 && (answer.serverBits == 0 || answer.serverBits > s.serverBits): // RFC 7692, section 7.1.2.1
		return fmt.Errorf("%w: %s is %d (0 means missing), expected at most the offered %d",
			ErrAnswer, serverMaxWindowBits, answer.serverBits, s.serverBits)
	case answer.clientBits == anyBits: // RFC 7692, section 7.1.2.2: the value is optional in an offer only
		return fmt.Errorf("%w: %s has no value, expected 8 to 15", ErrAnswer, clientMaxWindowBits)
	case answer.clientBits > s.clientBits: // RFC 7692, section 7.1.2.2
		return fmt.Errorf("%w: %s is %d, expected at most the offered %d", ErrAnswer, clientMaxWindowBits, answer.clientBits, s.clientBits)
	}
	return nil
}
