package handshake

import (
	"errors"
	"slices"
	"testing"
)

func TestResponseHasTheFieldsOfTheRFC(t *testing.T) {
	offer := Offer{Key: goodKey, Protocols: []string{"chat"}, Extensions: []Extension{{Name: "x"}, {Name: "y"}}}
	base := []Field{
		{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	}
	for _, c := range []struct {
		sentence  string
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
			t.Errorf("with %s the answer is %v; got %v, %v", c.sentence, want, got, err)
		}
	}
}

func TestResponseHoldsNothingThatWasNotOffered(t *testing.T) {
	offer := Offer{Key: goodKey, Protocols: []string{"chat"}, Extensions: []Extension{{Name: "x"}}}
	for sentence, a := range map[string]Agreement{
		"another subprotocol": {Protocol: "other"},
		"another extension":   {Extensions: []Extension{{Name: "x"}, {Name: "z"}}},
	} {
		if fields, err := offer.Response(a); !errors.Is(err, ErrNotOffered) {
			t.Errorf("agreeing to %s is an error; got %v, %v", sentence, fields, err)
		}
	}
}

func TestResponseCannotSmuggleFields(t *testing.T) {
	offer := Offer{Key: goodKey, Extensions: []Extension{{Name: "x"}}}
	a := Agreement{Extensions: []Extension{{"x", []Param{{"a", "1\r\nSet-Cookie: b=c"}}}}}
	if fields, err := offer.Response(a); err == nil {
		t.Errorf("a parameter that is no token cannot be sent; the answer was %v", fields)
	}
}
