package handshake

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// clientOffer returns the offer of the client in these tests.
func clientOffer() Offer {
	return Offer{Key: sampleKey, Protocols: []string{"chat", "v2"}, Extensions: []Extension{{Name: "x"}}}
}

func validResponse() map[string][]string {
	return map[string][]string{
		"Upgrade":              {"websocket"},
		"Connection":           {"Upgrade"},
		"Sec-Websocket-Accept": {Accept(sampleKey)},
	}
}

func TestOfferRequest(t *testing.T) {
	fields, err := clientOffer().Request()
	want := []Field{
		{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", sampleKey},
		{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Protocol", "chat, v2"}, {"Sec-WebSocket-Extensions", "x"},
	}
	if err != nil || !slices.Equal(fields, want) {
		t.Errorf("the request has the fields %v and error %v, expected %v", fields, err, want)
	}
}

func TestOfferRequestAccepted(t *testing.T) {
	fields, err := clientOffer().Request()
	if err != nil {
		t.Fatalf("Request of a valid offer returns %v", err)
	}
	r := Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com", Header: headerOf(fields)}
	offer, refusal := CheckRequest(r)
	if refusal != nil {
		t.Fatalf("CheckRequest refuses a request that Request has made: %v", refusal)
	}
	if !reflect.DeepEqual(offer, clientOffer()) {
		t.Errorf("CheckRequest returns the offer %v, expected %v", offer, clientOffer())
	}
}

func TestOfferRequestErrors(t *testing.T) {
	for name, change := range map[string]func(*Offer){
		"no key":                       func(o *Offer) { o.Key = "" },
		"a key with a line break":      func(o *Offer) { o.Key = "dGhlIHNhbXBs\r\nZSBub25jZQ" },
		"a subprotocol with a comma":   func(o *Offer) { o.Protocols = []string{"a,b"} },
		"an empty subprotocol":         func(o *Offer) { o.Protocols = []string{""} },
		"a subprotocol twice":          func(o *Offer) { o.Protocols = []string{"a", "a"} },
		"65 subprotocols":              func(o *Offer) { o.Protocols = strings.Split(manyNames(65), ",") },
		"an extension without name":    func(o *Offer) { o.Extensions = []Extension{{}} },
		"an extension with a bad name": func(o *Offer) { o.Extensions = []Extension{{Name: "x\r\nHost: y"}} },
		"65 extensions":                func(o *Offer) { o.Extensions = slices.Repeat(o.Extensions, 65) },
	} {
		offer := clientOffer()
		change(&offer)
		if fields, err := offer.Request(); err == nil {
			t.Errorf("Request of an offer with %s returns %v, expected an error", name, fields)
		}
	}
}

func TestCheckResponse(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string][]string)
		want   Agreement
	}{
		{"the minimum", func(map[string][]string) {}, Agreement{}},
		{"other spellings", func(h map[string][]string) {
			h["Upgrade"] = []string{"WebSocket"}
			h["Connection"] = []string{"keep-alive, upgrade"}
			h["Sec-Websocket-Accept"] = []string{" " + Accept(sampleKey) + "\t"}
		}, Agreement{}},
		{"a subprotocol from the offer", func(h map[string][]string) {
			h["Sec-Websocket-Protocol"] = []string{"v2"}
		}, Agreement{Protocol: "v2"}},
		{"an extension from the offer", func(h map[string][]string) {
			h["Sec-Websocket-Extensions"] = []string{"x; a=1"}
		}, Agreement{Extensions: []Extension{{"x", []Param{{"a", "1"}}}}}},
	} {
		header := validResponse()
		c.change(header)
		got, err := clientOffer().CheckResponse(101, header)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("a response with %s gives %v and error %v, expected %v", c.name, got, err, c.want)
		}
	}
}

func TestCheckResponseFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		key    string
		values []string
		reason Reason
	}{
		{"no Upgrade", "Upgrade", nil, ReasonUpgrade},
		{"another Upgrade", "Upgrade", []string{"h2c"}, ReasonUpgrade},
		{"more than one Upgrade", "Upgrade", []string{"websocket, h2c"}, ReasonUpgrade},
		{"no Connection", "Connection", nil, ReasonConnection},
		{"Connection: close", "Connection", []string{"close"}, ReasonConnection},
		{"no accept value", "Sec-Websocket-Accept", nil, ReasonAccept},
		{"the accept value of another key", "Sec-Websocket-Accept", []string{Accept(NewKey([16]byte{}))}, ReasonAccept},
		{"an accept value in another case", "Sec-Websocket-Accept", []string{strings.ToLower(Accept(sampleKey))}, ReasonAccept},
		{"two accept values", "Sec-Websocket-Accept", []string{Accept(sampleKey), Accept(sampleKey)}, ReasonAccept},
		{"a subprotocol that was not offered", "Sec-Websocket-Protocol", []string{"other"}, ReasonProtocol},
		{"two subprotocols", "Sec-Websocket-Protocol", []string{"chat, v2"}, ReasonProtocol},
		{"two lines of subprotocols", "Sec-Websocket-Protocol", []string{"chat", "v2"}, ReasonProtocol},
		{"an empty subprotocol", "Sec-Websocket-Protocol", []string{""}, ReasonProtocol},
		{"an extension that was not offered", "Sec-Websocket-Extensions", []string{"x, z"}, ReasonExtension},
		{"a malformed extension", "Sec-Websocket-Extensions", []string{"x;"}, ReasonExtension},
		{"two lines of extensions", "Sec-Websocket-Extensions", []string{"x", "x"}, ReasonExtension},
	} {
		header := validResponse()
		header[c.key] = c.values
		wantFailure(t, c.name, 101, header, c.reason)
	}
	wantFailure(t, "status 200", 200, validResponse(), ReasonStatus)
}

func wantFailure(t *testing.T, name string, status int, header map[string][]string, reason Reason) {
	t.Helper()
	_, err := clientOffer().CheckResponse(status, header)
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Errorf("a response with %s gives the error %v, expected a Failure", name, err)
		return
	}
	if failure.Reason != reason || failure.Status != status {
		t.Errorf("a response with %s fails with the reason %q and status %d, expected %q and %d", name, failure.Reason, failure.Status, reason, status)
	}
}

func TestCheckResponseEmptyOffer(t *testing.T) {
	for _, key := range []string{"Sec-Websocket-Protocol", "Sec-Websocket-Extensions"} {
		header := validResponse()
		header[key] = []string{"x"}
		if a, err := (Offer{Key: sampleKey}).CheckResponse(101, header); err == nil {
			t.Errorf("without an offer a response with %s gives %v, expected an error", key, a)
		}
	}
}
