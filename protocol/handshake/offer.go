package handshake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Offer is what the client offers in the opening handshake.
type Offer struct {
	Key        string      // the value of Sec-WebSocket-Key, 24 characters; a client obtains it from NewKey
	Protocols  []string    // the subprotocols in the client's order of preference
	Extensions []Extension // the extensions in the client's order of preference
}

// Agreement is what client and server have negotiated.
type Agreement struct {
	Protocol   string      // the subprotocol in use, or empty
	Extensions []Extension // the extensions in use, in the order in which they apply, with the negotiated parameters
}

// ErrNotOffered is wrapped by errors about a subprotocol or extension that the client has not offered. A server may
// select only from the offer (RFC 6455, section 4.2.2).
var ErrNotOffered = errors.New("not in the client's offer")

// SelectProtocol returns the first of the supported subprotocols that the client has offered; their order is the
// server's preference. Without arguments it returns an empty string, which means no subprotocol. If none of the
// supported subprotocols was offered, the error wraps [ErrNotOffered]; the application may continue without one.
func (o Offer) SelectProtocol(supported ...string) (string, error) {
	for _, protocol := range supported {
		if slices.Contains(o.Protocols, protocol) {
			return protocol, nil
		}
	}
	if len(supported) == 0 {
		return "", nil
	}
	return "", fmt.Errorf("subprotocol %s is %w, which is %s",
		quoted(supported), ErrNotOffered, quoted(o.Protocols))
}

// check returns an error if the agreement contains a subprotocol or extension that was not offered.
func (o Offer) check(a Agreement) error {
	if a.Protocol != "" {
		if _, err := o.SelectProtocol(a.Protocol); err != nil {
			return err
		}
	}
	for _, extension := range a.Extensions {
		if !o.hasExtension(extension.Name) {
			return fmt.Errorf("extension %q is %w", extension.Name, ErrNotOffered)
		}
	}
	return nil
}

func (o Offer) hasExtension(name string) bool {
	return slices.ContainsFunc(o.Extensions, func(e Extension) bool { return e.Name == name })
}

// quoted returns a list of names for an error text. It quotes and truncates them, because they may come from a peer.
func quoted(names []string) string {
	const most = 8
	if len(names) == 0 {
		return "none"
	}
	var list []string
	for _, name := range names[:min(len(names), most)] {
		list = append(list, fmt.Sprintf("%.60q", name))
	}
	if len(names) > most {
		list = append(list, "...")
	}
	return strings.Join(list, ", ")
}
