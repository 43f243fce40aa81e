package deflate

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/lingerws/linger/protocol/handshake"
)

// Name is the extension's token in Sec-WebSocket-Extensions: RFC 7692, section 7.
const Name = "permessage-deflate"

// Params is what both sides have agreed on: a window for what the server sends, and
// one for what the client sends.
type Params struct{ Server, Client Window }

// The parameters of RFC 7692, section 7.1.
const (
	serverNoContextTakeover = "server_no_context_takeover" // RFC 7692, section 7.1.1.1
	clientNoContextTakeover = "client_no_context_takeover" // RFC 7692, section 7.1.1.2
	serverMaxWindowBits     = "server_max_window_bits"     // RFC 7692, section 7.1.2.1
	clientMaxWindowBits     = "client_max_window_bits"     // RFC 7692, section 7.1.2.2
)

// settings are the parameters of one offer or answer. Bits are 0 where the
// parameter is absent.
type settings struct {
	serverFresh, clientFresh bool
	serverBits, clientBits   int
}

// anyBits stands for client_max_window_bits without a value, which an offer may
// have. It is more than any window has: whatever limits it wins.
const anyBits = maxBits + 1

var (
	errUnknown  = errors.New("is not a parameter of permessage-deflate")
	errRepeated = errors.New("may stand only once")
	errValue    = errors.New("must have no value")
	errBits     = errors.New("must be a decimal number from 8 to 15 without leading zero")
)

// readParams refuses what RFC 7692, section 7.1, has declined by a server and
// failed by a client: parameters that are unknown, repeated or have a wrong value.
func readParams(list []handshake.Param) (settings, error) {
	var s settings
	for _, p := range list {
		if err := s.set(p); err != nil {
			return settings{}, fmt.Errorf("%q %w, it is %q", p.Name, err, p.Value)
		}
	}
	return s, nil
}

func (s *settings) set(p handshake.Param) error {
	switch p.Name {
	case serverNoContextTakeover:
		return setFlag(&s.serverFresh, p.Value)
	case clientNoContextTakeover:
		return setFlag(&s.clientFresh, p.Value)
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

// list returns the settings as they travel.
func (s settings) list() []handshake.Param {
	var list []handshake.Param
	if s.serverFresh {
		list = append(list, handshake.Param{Name: serverNoContextTakeover})
	}
	if s.clientFresh {
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
