package deflate

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger/protocol/handshake"
)

// ErrAnswer is what [Confirm] reports: the server's answer is not one that RFC 7692
// allows to the offer. The client must fail the connection: RFC 7692, section 7.1.
var ErrAnswer = errors.New("deflate: the server's answer does not fit the offer")

// Offer is the client's part of the negotiation: the parameters to offer.
//
// A server that cannot do what they ask declines, so options that restrict it may
// be followed by a second offer that does not: Offer(Options{}).
func Offer(o Options) []handshake.Param { return offered(o).list() }

func offered(o Options) settings {
	s := settings{
		serverFresh: o.NoContextTakeover,
		clientFresh: o.NoContextTakeover,
		clientBits:  anyBits, // RFC 7692, section 7.1.2.2: lets the server choose
	}
	if o.bits() < maxBits {
		s.serverBits, s.clientBits = o.bits(), o.bits()
	}
	return s
}

// Confirm judges the parameters of the server's answer against what [Offer] makes
// of the same options, and returns what is agreed. The error is [ErrAnswer] and
// says which parameter is wrong.
func Confirm(o Options, answer []handshake.Param) (Params, error) {
	got, err := readParams(answer)
	if err != nil {
		return Params{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if err := offered(o).permit(got); err != nil {
		return Params{}, err
	}
	p := Params{
		Server: Window{Bits: maxBits, NoContextTakeover: got.serverFresh},
		// What we have offered for ourselves binds us, whether the server repeats it or
		// not: RFC 7692, section 7.1.1.2, and RFC 7692, section 7.1.2.2.
		Client: Window{Bits: o.bits(), NoContextTakeover: got.clientFresh || o.NoContextTakeover},
	}
	if got.serverBits != 0 {
		p.Server.Bits = got.serverBits
	}
	if got.clientBits != 0 {
		p.Client.Bits = got.clientBits
	}
	return p, nil
}

// permit tells what is wrong with an answer to this offer.
func (s settings) permit(answer settings) error {
	switch {
	case s.serverFresh && !answer.serverFresh: // RFC 7692, section 7.1.1.1
		return fmt.Errorf("%w: %s was offered, expected it in the answer", ErrAnswer, serverNoContextTakeover)
	case s.serverBits != 0 && (answer.serverBits == 0 || answer.serverBits > s.serverBits): // RFC 7692, section 7.1.2.1
		return fmt.Errorf("%w: %s=%d was offered, expected that or less in the answer, got %d (0 stands for none)",
			ErrAnswer, serverMaxWindowBits, s.serverBits, answer.serverBits)
	case answer.clientBits == anyBits: // RFC 7692, section 7.1.2.2: only an offer may go without
		return fmt.Errorf("%w: %s has no value, expected 8 to 15", ErrAnswer, clientMaxWindowBits)
	case answer.clientBits > s.clientBits: // RFC 7692, section 7.1.2.2
		return fmt.Errorf("%w: %s is %d, expected at most the offered %d", ErrAnswer, clientMaxWindowBits, answer.clientBits, s.clientBits)
	}
	return nil
}
