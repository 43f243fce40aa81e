package handshake

import (
	"errors"
	"slices"
	"strings"
)

// The texts are sent to clients, so they are fixed and repeat nothing of the input.
var (
	errProtocolSyntax   = errors.New("Sec-WebSocket-Protocol is malformed; send one or more names, separated by commas, without spaces in them")
	errProtocolRepeated = errors.New("Sec-WebSocket-Protocol names a subprotocol twice; send each name once")
	errProtocolMany     = errors.New("Sec-WebSocket-Protocol names more than 64 subprotocols; send fewer")
)

// parseProtocols reads the subprotocols of all lines of the field, in order. No line means none; a line that names
// none is malformed. RFC 6455, section 11.3.4.
func parseProtocols(lines []string) ([]string, error) {
	var protocols []string
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name := trim(element)
			if name == "" { // HTTP lists may have empty elements
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

// checkProtocol judges one more name: a token that has not come yet. RFC 6455, section 4.1, rule 10.
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
