package handshake

import (
	"errors"
	"slices"
	"testing"
)

func TestRefusalFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Request)
		fields []Field
	}{
		{"another method", func(r *Request) { r.Method = "PUT" }, []Field{{"Allow", "GET"}}},
		{"no upgrade", without("Upgrade"), []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}},
		{"another version", with("Sec-Websocket-Version", "14"),
			[]Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}}},
		{"no key", without("Sec-Websocket-Key"), nil},
	} {
		r := validRequest()
		c.change(&r)
		if _, refusal := CheckRequest(r); !slices.Equal(refusal.Fields, c.fields) {
			t.Errorf("the refusal for %s has the fields %v, expected %v", c.name, refusal.Fields, c.fields)
		}
	}
}

func TestRefusalFieldsNotShared(t *testing.T) {
	r := validRequest()
	delete(r.Header, "Upgrade")
	_, refusal := CheckRequest(r)
	refusal.Fields[0].Value = "changed"
	if _, again := CheckRequest(r); again.Fields[0].Value != "websocket" {
		t.Errorf("changing the fields of a refusal changes those of the next: %v", again.Fields)
		upgradeFields[0].Value = "websocket" // for the other tests
	}
}

func TestRefusalError(t *testing.T) {
	var err error = wrongVersion(1)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Reason != ReasonVersion {
		t.Errorf("errors.As finds %v, expected a refusal with the reason version", refusal)
	}
	if err.Error() == "" {
		t.Error("the error of a refusal has no text")
	}
}
