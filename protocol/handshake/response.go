package handshake

import "fmt"

// Response returns the header fields of the response with status 101 that accepts the offer (RFC 6455, section 4.2.2). If
// the agreement contains something that was not offered, the error wraps [ErrNotOffered] and nothing must be sent.
func (o Offer) Response(a Agreement) ([]Field, error) {
	if err := o.check(a); err != nil {
		return nil, err
	}
	fields := append([]Field(nil), upgradeFields...)
	fields = append(fields, Field{"Sec-WebSocket-Accept", Accept(o.Key)})
	if a.Protocol != "" {
		fields = append(fields, Field{"Sec-WebSocket-Protocol", a.Protocol})
	}
	return appendExtensionField(fields, a.Extensions)
}

// appendExtensionField appends Sec-WebSocket-Extensions if there are extensions.
func appendExtensionField(fields []Field, extensions []Extension) ([]Field, error) {
	for _, e := range extensions {
		if !e.valid() {
			return nil, fmt.Errorf("extension %q is invalid: its name and parameters must be tokens", e.String())
		}
	}
	if len(extensions) > 0 {
		fields = append(fields, Field{"Sec-WebSocket-Extensions", joinExtensions(extensions)})
	}
	return fields, nil
}
