package handshake

import (
	"errors"
	"strings"
	"testing"
)

func TestSelectProtocol(t *testing.T) {
	offer := Offer{Protocols: []string{"a", "b", "c"}}
	for _, c := range []struct {
		name      string
		supported []string
		want      string
		err       error
	}{
		{"the application's one choice", []string{"b"}, "b", nil},
		{"the server's preference, not the client's", []string{"x", "c", "a"}, "c", nil},
		{"nothing supported", nil, "", nil},
		{"a choice that was not offered", []string{"x"}, "", ErrNotOffered},
		{"a choice in another case", []string{"A"}, "", ErrNotOffered},
		{"an empty name", []string{""}, "", ErrNotOffered},
	} {
		got, err := offer.SelectProtocol(c.supported...)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: SelectProtocol returns %q and error %v, expected %q and %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestSelectProtocolError(t *testing.T) {
	_, err := Offer{Protocols: strings.Split(manyNames(20), ",")}.SelectProtocol("chat")
	if !strings.Contains(err.Error(), `"chat"`) || !strings.Contains(err.Error(), `"n"`) {
		t.Errorf("the error is %q, expected it to contain the choice and the offer", err)
	}
	if len(err.Error()) > 500 {
		t.Errorf("the error has %d bytes, expected at most 500 for a long offer", len(err.Error()))
	}
}
