package handshake

import (
	"errors"
	"slices"
	"strings"
)

// The texts of these errors are sent to clients, so they do not repeat any input.
var (
	errProtocolSyntax   = errors.New("Sec-WebSocket-Protocol is malformed; send one or more names, separated by commas, without spaces in them")
	errProtocolRepeated = errors.New("Sec-WebSocket-Protocol names a subprotocol twice; send each name once")
	errProtocolMany     = errors.New("Sec-WebSocket-Protocol names more than 64 subprotocols; send fewer")
)

// parseProtocols parses all lines of the field (RFC 6455, section 11.3.4). Without lines there are no subprotocols; lines
// without a subprotocol are malformed.
func parseProtocols(lines []string) ([]string, error) {
	var protocols []string
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name := trim(element)
			if name == "" { // lists in HTTP may have empty elements
				continue
			}
			if err := checkProtocol(protocols, name); err != nil {
				return nil, err
			}
			protocols = append(protocols, name)
		}
	}
	if len(lines) > 0 && len(protocols) == 0 {
		return nil, errProtocolSyntax
	}
	return protocols, nil
}

// checkProtocol returns an error unless name is a token that is not among those before it (RFC 6455, section 4.1, rule
// 10).
func checkProtocol(before []string, name string) error {
	switch {
	case !IsToken(name):
		return errProtocolSyntax
	case slices.Contains(before, name):
		return errProtocolRepeated
	case len(before) == maxList:
		return errProtocolMany
	}
	return nil
}
