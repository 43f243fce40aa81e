package protocol

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// registered reports whether a Close frame may contain the code. It lists the ranges of
// RFC 6455, section 7.4, and of the IANA registry.
func registered(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

func TestCloseCodes(t *testing.T) {
	for n := range 1 << 16 {
		code, want := CloseCode(n), registered(n)
		if code.ValidOnWire() != want {
			t.Errorf("ValidOnWire of %d is %t, expected %t", n, code.ValidOnWire(), want)
		}
		if err := CheckClose(code, ""); (err == nil) != want || err != nil && !errors.Is(err, ErrCloseCode) {
			t.Errorf("CheckClose of %d returns %v", n, err)
		}
		status, fault := parseClose([]byte{byte(n >> 8), byte(n), 'x'})
		switch {
		case want && (fault != nil || status != Status{code, "x"}):
			t.Errorf("a Close with %d is parsed as %v, %v", n, status, fault)
		case !want && fault != errCloseCode:
			t.Errorf("a Close with %d gives the violation %v, expected %v", n, fault, errCloseCode)
		}
	}
}

func TestCheckCloseReason(t *testing.T) {
	for _, c := range []struct {
		reason string
		ok     bool
	}{
		{"", true}, {"bye", true}, {strings.Repeat("x", 123), true}, {strings.Repeat("é", 61), true},
		{strings.Repeat("x", 124), false}, {strings.Repeat("é", 62), false}, {"\xff", false}, {"cut \xe2\x82", false},
	} {
		err := CheckClose(CloseNormal, c.reason)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrCloseReason) {
			t.Errorf("a close with reason %q gives %v, expected it to be allowed: %t", c.reason, err, c.ok)
		}
	}
}

func TestParseClose(t *testing.T) {
	for _, c := range []struct {
		payload string
		status  Status
		fault   *Violation
	}{
		{"", Status{Code: CloseNoStatus}, nil},
		{"\x03", Status{}, errCloseLength},
		{"\x03\xe8", Status{Code: CloseNormal}, nil},
		{"\x0f\xa1why", Status{4001, "why"}, nil},
		{"\x03\xe8\xff", Status{}, errCloseReason},
		{"\x03\xed\xff", Status{}, errCloseCode},
	} {
		status, fault := parseClose([]byte(c.payload))
		if status != c.status || fault != c.fault {
			t.Errorf("the Close payload %q is parsed as %v, %v; expected %v, %v", c.payload, status, fault, c.status, c.fault)
		}
		if fault == nil && string(status.appendPayload(nil)) != c.payload {
			t.Errorf("the Close payload %q is encoded again as %q", c.payload, status.appendPayload(nil))
		}
	}
}

func TestStatusString(t *testing.T) {
	got := []string{Status{Code: 1006}.String(), Status{4001, `a "reason"`}.String()}
	if want := []string{"1006", `4001 "a \"reason\""`}; !slices.Equal(got, want) {
		t.Errorf("String returns %q, expected %q", got, want)
	}
}
