package handshake

import (
	"slices"
	"strings"
	"testing"
)

func TestNoSubprotocolFieldMeansNone(t *testing.T) {
	if protocols, err := parseProtocols(nil); err != nil || protocols != nil {
		t.Errorf("without the field no subprotocol is offered; got %v, %v", protocols, err)
	}
}

func TestSubprotocolsDifferByCase(t *testing.T) {
	if _, err := parseProtocols([]string{"chat, Chat"}); err != nil {
		t.Errorf("names of subprotocols are compared with their case, so these are two: %v", err)
	}
}

func TestAsManySubprotocolsAsTheBound(t *testing.T) {
	protocols, err := parseProtocols([]string{manyNames(maxList)})
	if err != nil || len(protocols) != maxList {
		t.Errorf("%d subprotocols are accepted; got %d, %v", maxList, len(protocols), err)
	}
}

func FuzzProtocols(f *testing.F) {
	f.Add("chat, superchat", "v2.chat")
	f.Add(",,a,", " \t")
	f.Fuzz(func(t *testing.T, first, second string) {
		protocols, err := parseProtocols([]string{first, second})
		if err != nil {
			return
		}
		again, err := parseProtocols([]string{strings.Join(protocols, ", ")})
		if err != nil || !slices.Equal(again, protocols) {
			t.Fatalf("subprotocols written out must read the same; %q became %q, %v", protocols, again, err)
		}
	})
}
