package handshake

import (
	"errors"
	"slices"
	"testing"
)

func TestRefusalCarriesTheFieldsItsStatusNeeds(t *testing.T) {
	for _, c := range []struct {
		sentence string
		change   func(*Request)
		fields   []Field
	}{
		{"another method", func(r *Request) { r.Method = "PUT" }, []Field{{"Allow", "GET"}}},
		{"no upgrade", without("Upgrade"), []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}},
		{"another version", with("Sec-Websocket-Version", "14"),
			[]Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}}},
		{"no key", without("Sec-Websocket-Key"), nil},
	} {
		r := goodRequest()
		c.change(&r)
		if _, refusal := CheckRequest(r); !slices.Equal(refusal.Fields, c.fields) {
			t.Errorf("the refusal for %s carries %v; it carried %v", c.sentence, c.fields, refusal.Fields)
		}
	}
}

func TestRefusalsShareNothing(t *testing.T) {
	r := goodRequest()
	delete(r.Header, "Upgrade")
	_, refusal := CheckRequest(r)
	refusal.Fields[0].Value = "spoiled"
	if _, again := CheckRequest(r); again.Fields[0].Value != "websocket" {
		t.Errorf("who changes one refusal must not change the next; it has %v", again.Fields)
		switching[0].Value = "websocket" // for the other tests
	}
}

func TestRefusalIsAnErrorThatCanBeTold(t *testing.T) {
	var err error = wrongVersion(1)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Reason != ReasonVersion {
		t.Errorf("errors.As finds the refusal and its reason; it found %v", refusal)
	}
	if err.Error() == "" {
		t.Error("a refusal as error says what was wrong")
	}
}
