package handshake

import (
	"errors"
	"strings"
	"testing"
)

func TestSelectProtocol(t *testing.T) {
	offer := Offer{Protocols: []string{"a", "b", "c"}}
	for _, c := range []struct {
		sentence  string
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
			t.Errorf("%s: selected is %q with error %v; got %q, %v", c.sentence, c.want, c.err, got, err)
		}
	}
}

func TestSelectProtocolSaysWhatWasOffered(t *testing.T) {
	_, err := Offer{Protocols: strings.Split(manyNames(20), ",")}.SelectProtocol("chat")
	if !strings.Contains(err.Error(), `"chat"`) || !strings.Contains(err.Error(), `"n"`) {
		t.Errorf("the error names the choice and the offer; it says %q", err)
	}
	if len(err.Error()) > 500 {
		t.Errorf("the error stays short however long the offer is; it has %d bytes", len(err.Error()))
	}
}
