package handshake

import "fmt"

// Response returns the header fields of the 101 answer that accepts the offer, RFC 6455, section 4.2.2. The agreement
// must hold nothing that was not offered; otherwise the error wraps [ErrNotOffered] and nothing may be sent.
func (o Offer) Response(a Agreement) ([]Field, error) {
	if err := o.check(a); err != nil {
		return nil, err
	}
	fields := append([]Field(nil), switching...)
	fields = append(fields, Field{"Sec-WebSocket-Accept", Accept(o.Key)})
	if a.Protocol != "" {
		fields = append(fields, Field{"Sec-WebSocket-Protocol", a.Protocol})
	}
	return appendExtensionField(fields, a.Extensions)
}

// appendExtensionField adds Sec-WebSocket-Extensions if there is anything to say in it.
func appendExtensionField(fields []Field, extensions []Extension) ([]Field, error) {
	for _, e := range extensions {
		if !e.valid() {
			return nil, fmt.Errorf("extension %q cannot be sent: its name and parameters must be tokens", e.String())
		}
	}
	if len(extensions) > 0 {
		fields = append(fields, Field{"Sec-WebSocket-Extensions", joinExtensions(extensions)})
	}
	return fields, nil
}
