package handshake

import (
	"slices"
	"strings"
	"testing"
)

func TestParseProtocolsWithoutField(t *testing.T) {
	if protocols, err := parseProtocols(nil); err != nil || protocols != nil {
		t.Errorf("without the field the result is %v and %v, expected neither subprotocols nor an error", protocols, err)
	}
}

func TestParseProtocolsCase(t *testing.T) {
	if _, err := parseProtocols([]string{"chat, Chat"}); err != nil {
		t.Errorf("two names that differ in case give the error %v", err)
	}
}

func TestParseProtocolsLimit(t *testing.T) {
	protocols, err := parseProtocols([]string{manyNames(maxList)})
	if err != nil || len(protocols) != maxList {
		t.Errorf("%d subprotocols are parsed as %d with error %v", maxList, len(protocols), err)
	}
}

func FuzzParseProtocols(f *testing.F) {
	f.Add("chat, superchat", "v2.chat")
	f.Add(",,a,", " \t")
	f.Fuzz(func(t *testing.T, first, second string) {
		protocols, err := parseProtocols([]string{first, second})
		if err != nil {
			return
		}
		again, err := parseProtocols([]string{strings.Join(protocols, ", ")})
		if err != nil || !slices.Equal(again, protocols) {
			t.Fatalf("the subprotocols %q, joined, are parsed as %q with error %v", protocols, again, err)
		}
	})
}
