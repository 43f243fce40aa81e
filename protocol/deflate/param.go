package deflate

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/lingerws/linger/protocol/handshake"
)

// Name is the extension token in Sec-WebSocket-Extensions (RFC 7692, section 7).
const Name = "permessage-deflate"

// Params are the negotiated parameters.
type Params struct {
	Server Window // the window of the messages that the server sends
	Client Window // the window of the messages that the client sends
}

// The parameters of RFC 7692, section 7.1.
const (
	serverNoContextTakeover = "server_no_context_takeover" // RFC 7692, section 7.1.1.1
	clientNoContextTakeover = "client_no_context_takeover" // RFC 7692, section 7.1.1.2
	serverMaxWindowBits     = "server_max_window_bits"     // RFC 7692, section 7.1.2.1
	clientMaxWindowBits     = "client_max_window_bits"     // RFC 7692, section 7.1.2.2
)

// settings are the parameters of one offer or answer. Bits are 0 if the parameter is
// absent.
type settings struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int
}

// anyBits means client_max_window_bits without a value, which is valid in an offer. It is
// greater than all other values, so that the minimum with another limit is that limit.
const anyBits = maxBits + 1

var (
	errUnknown  = errors.New("is not a parameter of permessage-deflate")
	errRepeated = errors.New("must not be repeated")
	errValue    = errors.New("must have no value")
	errBits     = errors.New("must be a decimal number from 8 to 15 without leading zero")
)

// readParams parses the parameters of an offer or answer. It returns an error for
// parameters that are unknown, repeated or have an invalid value, for which a server must
// decline the offer and a client must fail the connection (RFC 7692, section 7.1).
func readParams(list []handshake.Param) (settings, error) {
	var s settings
	for _, p := range list {
		if err := s.set(p); err != nil {
			return settings{}, fmt.Errorf("the parameter %q %w; its value is %q", p.Name, err, p.Value)
		}
	}
	return s, nil
}

func (s *settings) set(p handshake.Param) error {
	switch p.Name {
	case serverNoContextTakeover:
		return setFlag(&s.serverNoTakeover, p.Value)
	case clientNoContextTakeover:
		return setFlag(&s.clientNoTakeover, p.Value)
	case serverMaxWindowBits:
		return setBits(&s.serverBits, p.Value)
	case clientMaxWindowBits:
		if p.Value == "" && s.clientBits == 0 { // RFC 7692, section 7.1.2.2
			s.clientBits = anyBits
			return nil
		}
		return setBits(&s.clientBits, p.Value)
	}
	return errUnknown
}

func setFlag(flag *bool, value string) error {
	switch {
	case *flag:
		return errRepeated
	case value != "": // RFC 7692, section 7.1.1
		return errValue
	}
	*flag = true
	return nil
}

func setBits(bits *int, value string) error {
	n, err := strconv.Atoi(value)
	switch {
	case *bits != 0:
		return errRepeated
	case err != nil, n < minBits, n > maxBits, strconv.Itoa(n) != value: // RFC 7692, section 7.1.2
		return errBits
	}
	*bits = n
	return nil
}

// list returns the settings as parameters.
func (s settings) list() []handshake.Param {
	var list []handshake.Param
	if s.serverNoTakeover {
		list = append(list, handshake.Param{Name: serverNoContextTakeover})
	}
	if s.clientNoTakeover {
		list = append(list, handshake.Param{Name: clientNoContextTakeover})
	}
	if s.serverBits != 0 {
		list = append(list, handshake.Param{Name: serverMaxWindowBits, Value: strconv.Itoa(s.serverBits)})
	}
	switch s.clientBits {
	case 0:
	case anyBits:
		list = append(list, handshake.Param{Name: clientMaxWindowBits})
	default:
		list = append(list, handshake.Param{Name: clientMaxWindowBits, Value: strconv.Itoa(s.clientBits)})
	}
	return list
}
