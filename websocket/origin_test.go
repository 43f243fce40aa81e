package websocket

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
)

func TestNewOriginPolicy(t *testing.T) {
	policy, err := NewOriginPolicy("https://*.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for origin, admitted := range map[string]bool{
		"https://www.example.com": true,
		"https://localhost":       true, // the same host
		"https://example.org":     false,
	} {
		r := handshake.Request{Host: "localhost", Header: http.Header{"Origin": {origin}}}
		if refusal := policy.Check(r); (refusal == nil) != admitted {
			t.Errorf("%s must be admitted: %t; the policy returns %v", origin, admitted, refusal)
		}
	}
	if _, err := NewOriginPolicy("https://*.example.com/path"); err == nil {
		t.Error("a pattern that cannot be parsed must be an error")
	}
}
