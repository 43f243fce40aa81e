package handshake

import (
	"errors"
	"slices"
	"testing"
)

func TestOfferResponse(t *testing.T) {
	offer := Offer{Key: sampleKey, Protocols: []string{"chat"}, Extensions: []Extension{{Name: "x"}, {Name: "y"}}}
	base := []Field{
		{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	}
	for _, c := range []struct {
		name      string
		agreement Agreement
		more      []Field
	}{
		{"nothing agreed", Agreement{}, nil},
		{"a subprotocol", Agreement{Protocol: "chat"}, []Field{{"Sec-WebSocket-Protocol", "chat"}}},
		{"extensions", Agreement{Extensions: []Extension{{"y", []Param{{"a", "1"}}}, {Name: "x"}}},
			[]Field{{"Sec-WebSocket-Extensions", "y; a=1, x"}}},
	} {
		got, err := offer.Response(c.agreement)
		if want := slices.Concat(base, c.more); err != nil || !slices.Equal(got, want) {
			t.Errorf("the response with %s is %v with error %v, expected %v", c.name, got, err, want)
		}
	}
}

func TestOfferResponseNotOffered(t *testing.T) {
	offer := Offer{Key: sampleKey, Protocols: []string{"chat"}, Extensions: []Extension{{Name: "x"}}}
	for name, a := range map[string]Agreement{
		"another subprotocol": {Protocol: "other"},
		"another extension":   {Extensions: []Extension{{Name: "x"}, {Name: "z"}}},
	} {
		if fields, err := offer.Response(a); !errors.Is(err, ErrNotOffered) {
			t.Errorf("the response with %s is %v with error %v, expected %v", name, fields, err, ErrNotOffered)
		}
	}
}

func TestOfferResponseInvalidExtension(t *testing.T) {
	offer := Offer{Key: sampleKey, Extensions: []Extension{{Name: "x"}}}
	a := Agreement{Extensions: []Extension{{"x", []Param{{"a", "1\r\nSet-Cookie: b=c"}}}}}
	if fields, err := offer.Response(a); err == nil {
		t.Errorf("the response with an invalid parameter is %v, expected an error", fields)
	}
}
