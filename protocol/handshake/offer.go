package handshake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Offer is what the client proposes in the opening handshake.
type Offer struct {
	Key        string      // Sec-WebSocket-Key as it travels, 24 characters; a client takes it from [NewKey]
	Protocols  []string    // subprotocols in the client's order of preference; none: no subprotocol
	Extensions []Extension // extensions in the client's order of preference; none: no extension
}

// Agreement is what client and server have settled on.
type Agreement struct {
	Protocol   string      // the subprotocol in use; empty: none
	Extensions []Extension // the extensions in use, in the order in which they apply, with the settled parameters
}

// ErrNotOffered is wrapped by every error about a choice that the client has not offered: a server may only choose
// from the offer. RFC 6455, section 4.2.2.
var ErrNotOffered = errors.New("not in the client's offer")

// SelectProtocol returns the first of the supported subprotocols that the client has offered, so the order given is
// the server's preference. Without any supported one it returns the empty string: no subprotocol. If some are given
// and none was offered, the error wraps [ErrNotOffered]; the application decides whether to go on without one.
func (o Offer) SelectProtocol(supported ...string) (string, error) {
	for _, protocol := range supported {
		if slices.Contains(o.Protocols, protocol) {
			return protocol, nil
		}
	}
	if len(supported) == 0 {
		return "", nil
	}
	return "", fmt.Errorf("subprotocol %s is %w (%s): choose one of those, or none",
		quoted(supported), ErrNotOffered, quoted(o.Protocols))
}

// check returns an error if the agreement holds anything that was not offered.
func (o Offer) check(a Agreement) error {
	if a.Protocol != "" {
		if _, err := o.SelectProtocol(a.Protocol); err != nil {
			return err
		}
	}
	for _, extension := range a.Extensions {
		if !o.hasExtension(extension.Name) {
			return fmt.Errorf("extension %q is %w: agree only to extensions that were offered", extension.Name, ErrNotOffered)
		}
	}
	return nil
}

func (o Offer) hasExtension(name string) bool {
	return slices.ContainsFunc(o.Extensions, func(e Extension) bool { return e.Name == name })
}

// quoted lists names for an error text, which may come from a peer: quoted, and cut where the list grows long.
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
