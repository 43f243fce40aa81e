package handshake

import "testing"

func TestScannerToken(t *testing.T) {
	s := scanner{rest: ` name ?rest`}
	if got := s.token(); got != "name" {
		t.Errorf("token returns %q, expected name", got)
	}
	if got := s.token(); got != "" || s.rest != "?rest" {
		t.Errorf("token before a separator returns %q and leaves %q, expected no change", got, s.rest)
	}
	if s.skip(',') || !s.skip('?') {
		t.Error("skip does not skip exactly the next separator")
	}
}

func TestScannerQuoted(t *testing.T) {
	s := scanner{rest: `a\b" , next`}
	if got, ok := s.quoted(); !ok || got != "ab" || s.rest != " , next" {
		t.Errorf("quoted returns %q and %v and leaves %q", got, ok, s.rest)
	}
}
