package handshake

import "testing"

func TestScannerLeavesWhatItDoesNotUnderstand(t *testing.T) {
	s := scanner{rest: ` name ?rest`}
	if got := s.token(); got != "name" {
		t.Errorf("a token ends before the space; got %q", got)
	}
	if got := s.token(); got != "" || s.rest != "?rest" {
		t.Errorf("where no token stands nothing is taken; got %q, left %q", got, s.rest)
	}
	if s.take(',') || !s.take('?') {
		t.Error("only the separator that comes next is taken")
	}
}

func TestScannerTakesQuotedStringsWhole(t *testing.T) {
	s := scanner{rest: `a\b" , next`}
	if got, ok := s.quoted(); !ok || got != "ab" || s.rest != " , next" {
		t.Errorf("a quoted string ends behind its quote; got %q, %v, left %q", got, ok, s.rest)
	}
}
