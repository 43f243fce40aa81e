package handshake

import (
	"fmt"
	"strings"
)

// Failure is the error of a response that does not complete the opening handshake. The client must close the
// connection. It may first treat a response with another status than 101 as an ordinary HTTP response.
type Failure struct {
	Reason Reason // the rule that the response violates
	Status int    // the HTTP status of the response
	Text   string // a description of the violation
}

// Error returns Text with a prefix.
func (f *Failure) Error() string { return "opening handshake failed: " + f.Text }

// Request returns the header fields that turn an HTTP/1.1 GET into an opening handshake (RFC 6455, section 4.1). The
// caller adds Host, Origin and the fields of the application. It returns an error if the offer is invalid: if the key
// was not made by [NewKey], a name is not a token, a subprotocol is repeated, or there are more than 64 subprotocols or
// extensions.
func (o Offer) Request() ([]Field, error) {
	if !isKey(o.Key) {
		return nil, fmt.Errorf("the key %.60q is not 16 bytes in base64; use NewKey", o.Key)
	}
	fields := append([]Field(nil), upgradeFields...)
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

// CheckResponse checks the server's response to the offer by the rules of RFC 6455, section 4.1, and returns what was
// negotiated. The error is a [*Failure]. It does not check the parameters of extensions.
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

// checkSwitch checks that the server has switched protocols.
func (o Offer) checkSwitch(status int, header map[string][]string) *Failure {
	upgrade := singleValue(header, upgradeKey)
	accept := singleValue(header, acceptKey) // RFC 6455, section 11.3.3: not repeated
	switch {
	case status != 101: // RFC 6455, section 4.1, answer rule 1
		return &Failure{ReasonStatus, status, fmt.Sprintf("the server answered with status %d, not with 101 Switching Protocols", status)}
	case !equalFold(upgrade, "websocket"): // RFC 6455, section 4.1, answer rule 2
		return &Failure{ReasonUpgrade, status, "the response must have the single field Upgrade: websocket"}
	case !hasToken(header[connectionKey], "upgrade"): // RFC 6455, section 4.1, answer rule 3
		return &Failure{ReasonConnection, status, "the response must have Connection: Upgrade"}
	case accept != Accept(o.Key): // RFC 6455, section 4.1, answer rule 4
		return &Failure{ReasonAccept, status, "Sec-WebSocket-Accept is missing, repeated or does not match the key of the request; the response may be cached, or the server may not support WebSocket"}
	}
	return nil
}

// readExtensions returns the extensions in use, all of which must have been offered (RFC 6455, section 4.1, answer
// rule 5).
func (o Offer) readExtensions(header map[string][]string) ([]Extension, *Failure) {
	lines := header[extensionKey]
	if len(lines) > 1 { // RFC 6455, section 11.3.2
		return nil, &Failure{ReasonExtension, 101, "Sec-WebSocket-Extensions is repeated in the response"}
	}
	extensions, err := parseExtensions(lines)
	if err != nil {
		return nil, &Failure{ReasonExtension, 101, "Sec-WebSocket-Extensions of the response is malformed"}
	}
	if err := o.check(Agreement{Extensions: extensions}); err != nil {
		return nil, &Failure{ReasonExtension, 101, fmt.Sprintf("the server uses extensions that were not offered: %.200q", joinExtensions(extensions))}
	}
	return extensions, nil
}

// readProtocol returns the subprotocol in use, which must have been offered (RFC 6455, section 4.1, answer rule 6).
func (o Offer) readProtocol(header map[string][]string) (string, *Failure) {
	lines := header[protocolKey]
	if len(lines) == 0 {
		return "", nil // the server need not select one
	}
	protocol := singleValue(header, protocolKey) // RFC 6455, section 11.3.4: not repeated
	if _, err := o.SelectProtocol(protocol); err != nil {
		return "", &Failure{ReasonProtocol, 101, fmt.Sprintf("Sec-WebSocket-Protocol of the response is %s, but %s was offered", quoted(lines), quoted(o.Protocols))}
	}
	return protocol, nil
}
