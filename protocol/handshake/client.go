package handshake

import (
	"fmt"
	"strings"
)

// Failure says why a server's answer does not open a WebSocket. The client must then close the connection; only an
// answer with another status than 101 may be treated as plain HTTP before.
type Failure struct {
	Reason Reason // the rule that was broken
	Status int    // the HTTP status of the answer
	Text   string // what was wrong and what was expected
}

// Error returns the text.
func (f *Failure) Error() string { return "opening handshake failed: " + f.Text }

// Request returns the header fields that make an HTTP/1.1 GET the client's opening handshake, RFC 6455, section 4.1.
// Host, Origin and the application's own fields are the caller's to add. An offer that could not travel is an error:
// a key that [NewKey] did not make, a name that is no token, a subprotocol named twice, more than 64 of a kind.
func (o Offer) Request() ([]Field, error) {
	if !isKey(o.Key) {
		return nil, fmt.Errorf("key %.60q is not 16 bytes in base64: make it with NewKey", o.Key)
	}
	fields := append([]Field(nil), switching...)
	fields = append(fields, Field{"Sec-WebSocket-Key", o.Key}, Field{"Sec-WebSocket-Version", version})
	for i, name := range o.Protocols {
		if err := checkProtocol(o.Protocols[:i], name); err != nil {
			return nil, fmt.Errorf("subprotocol %.60q cannot be offered: %w", name, err)
		}
	}
	if len(o.Protocols) > 0 {
		fields = append(fields, Field{"Sec-WebSocket-Protocol", strings.Join(o.Protocols, ", ")})
	}
	if len(o.Extensions) > maxList {
		return nil, errExtensionMany
	}
	return appendExtensionField(fields, o.Extensions)
}

// CheckResponse judges the server's answer to the offer by every rule of RFC 6455, section 4.1, and returns what was
// agreed. The error is a [*Failure]. The parameters of the agreed extensions are for each extension to judge.
func (o Offer) CheckResponse(status int, header map[string][]string) (Agreement, error) {
	if failure := o.checkSwitch(status, header); failure != nil {
		return Agreement{}, failure
	}
	extensions, failure := o.readExtensions(header)
	if failure != nil {
		return Agreement{}, failure
	}
	protocol, failure := o.readProtocol(header)
	if failure != nil {
		return Agreement{}, failure
	}
	return Agreement{Protocol: protocol, Extensions: extensions}, nil
}

// checkSwitch judges whether the server has switched to WebSocket at all.
func (o Offer) checkSwitch(status int, header map[string][]string) *Failure {
	upgrade := single(header, upgradeKey)
	accept := single(header, acceptKey) // RFC 6455, section 11.3.3: once
	switch {
	case status != 101: // RFC 6455, section 4.1, answer rule 1
		return &Failure{ReasonStatus, status, fmt.Sprintf("the server answered with status %d, not with 101 Switching Protocols", status)}
	case !equalFold(upgrade, "websocket"): // RFC 6455, section 4.1, answer rule 2
		return &Failure{ReasonUpgrade, status, "the answer must have Upgrade: websocket, once and alone"}
	case !hasToken(header[connectionKey], "upgrade"): // RFC 6455, section 4.1, answer rule 3
		return &Failure{ReasonConnection, status, "the answer must have Connection: Upgrade"}
	case accept != Accept(o.Key): // RFC 6455, section 4.1, answer rule 4
		return &Failure{ReasonAccept, status, "Sec-WebSocket-Accept is missing, repeated or does not answer our key; it may be a cached answer, or no WebSocket server"}
	}
	return nil
}

// readExtensions reads the agreed extensions: all of them offered. RFC 6455, section 4.1, answer rule 5.
func (o Offer) readExtensions(header map[string][]string) ([]Extension, *Failure) {
	lines := header[extensionKey]
	if len(lines) > 1 { // RFC 6455, section 11.3.2
		return nil, &Failure{ReasonExtension, 101, "Sec-WebSocket-Extensions is repeated in the answer; it may come once"}
	}
	extensions, err := parseExtensions(lines)
	if err != nil {
		return nil, &Failure{ReasonExtension, 101, "Sec-WebSocket-Extensions of the answer is malformed"}
	}
	if err := o.check(Agreement{Extensions: extensions}); err != nil {
		return nil, &Failure{ReasonExtension, 101, fmt.Sprintf("the server uses extensions that we have not offered: %.200q", joinExtensions(extensions))}
	}
	return extensions, nil
}

// readProtocol reads the agreed subprotocol: one that was asked for. RFC 6455, section 4.1, answer rule 6.
func (o Offer) readProtocol(header map[string][]string) (string, *Failure) {
	lines := header[protocolKey]
	if len(lines) == 0 {
		return "", nil // the server has chosen none, which it may
	}
	protocol := single(header, protocolKey) // RFC 6455, section 11.3.4: once
	if _, err := o.SelectProtocol(protocol); err != nil {
		return "", &Failure{ReasonProtocol, 101, fmt.Sprintf("the Sec-WebSocket-Protocol of the answer is %s, and we offered %s", quoted(lines), quoted(o.Protocols))}
	}
	return protocol, nil
}
