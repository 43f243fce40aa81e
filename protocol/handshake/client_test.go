package handshake

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// clientOffer is the offer of the client whose answers are judged below.
func clientOffer() Offer {
	return Offer{Key: goodKey, Protocols: []string{"chat", "v2"}, Extensions: []Extension{{Name: "x"}}}
}

func goodAnswer() map[string][]string {
	return map[string][]string{
		"Upgrade":              {"websocket"},
		"Connection":           {"Upgrade"},
		"Sec-Websocket-Accept": {Accept(goodKey)},
	}
}

func TestRequestHasTheFieldsOfTheRFC(t *testing.T) {
	fields, err := clientOffer().Request()
	want := []Field{
		{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", goodKey},
		{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Protocol", "chat, v2"}, {"Sec-WebSocket-Extensions", "x"},
	}
	if err != nil || !slices.Equal(fields, want) {
		t.Errorf("the request has the fields %v; got %v, %v", want, fields, err)
	}
}

func TestRequestIsAcceptedByAServer(t *testing.T) {
	fields, err := clientOffer().Request()
	if err != nil {
		t.Fatalf("a good offer becomes a request: %v", err)
	}
	r := Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com", Header: headerOf(fields)}
	offer, refusal := CheckRequest(r)
	if refusal != nil {
		t.Fatalf("the server must accept our own request: %v", refusal)
	}
	if !reflect.DeepEqual(offer, clientOffer()) {
		t.Errorf("the server must read what the client meant; want %v, got %v", clientOffer(), offer)
	}
}

func TestOffersThatCannotTravel(t *testing.T) {
	for sentence, change := range map[string]func(*Offer){
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
			t.Errorf("an offer with %s is an error; it became %v", sentence, fields)
		}
	}
}

func TestAcceptedAnswers(t *testing.T) {
	for _, c := range []struct {
		sentence string
		change   func(map[string][]string)
		want     Agreement
	}{
		{"the least a server has to send", func(map[string][]string) {}, Agreement{}},
		{"other spellings", func(h map[string][]string) {
			h["Upgrade"] = []string{"WebSocket"}
			h["Connection"] = []string{"keep-alive, upgrade"}
			h["Sec-Websocket-Accept"] = []string{" " + Accept(goodKey) + "\t"}
		}, Agreement{}},
		{"a subprotocol from the offer", func(h map[string][]string) {
			h["Sec-Websocket-Protocol"] = []string{"v2"}
		}, Agreement{Protocol: "v2"}},
		{"an extension from the offer", func(h map[string][]string) {
			h["Sec-Websocket-Extensions"] = []string{"x; a=1"}
		}, Agreement{Extensions: []Extension{{"x", []Param{{"a", "1"}}}}}},
	} {
		header := goodAnswer()
		c.change(header)
		got, err := clientOffer().CheckResponse(101, header)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("an answer with %s means %v; got %v, %v", c.sentence, c.want, got, err)
		}
	}
}

func TestFailedAnswers(t *testing.T) {
	for _, c := range []struct {
		sentence string
		key      string
		values   []string
		reason   Reason
	}{
		{"no Upgrade", "Upgrade", nil, ReasonUpgrade},
		{"another Upgrade", "Upgrade", []string{"h2c"}, ReasonUpgrade},
		{"more than one Upgrade", "Upgrade", []string{"websocket, h2c"}, ReasonUpgrade},
		{"no Connection", "Connection", nil, ReasonConnection},
		{"Connection: close", "Connection", []string{"close"}, ReasonConnection},
		{"no accept value", "Sec-Websocket-Accept", nil, ReasonAccept},
		{"the answer to another key", "Sec-Websocket-Accept", []string{Accept(NewKey([16]byte{}))}, ReasonAccept},
		{"an accept value in another case", "Sec-Websocket-Accept", []string{strings.ToLower(Accept(goodKey))}, ReasonAccept},
		{"two accept values", "Sec-Websocket-Accept", []string{Accept(goodKey), Accept(goodKey)}, ReasonAccept},
		{"a subprotocol that was not asked for", "Sec-Websocket-Protocol", []string{"other"}, ReasonProtocol},
		{"two subprotocols", "Sec-Websocket-Protocol", []string{"chat, v2"}, ReasonProtocol},
		{"two lines of subprotocols", "Sec-Websocket-Protocol", []string{"chat", "v2"}, ReasonProtocol},
		{"an empty subprotocol", "Sec-Websocket-Protocol", []string{""}, ReasonProtocol},
		{"an extension that was not asked for", "Sec-Websocket-Extensions", []string{"x, z"}, ReasonExtension},
		{"a malformed extension", "Sec-Websocket-Extensions", []string{"x;"}, ReasonExtension},
		{"two lines of extensions", "Sec-Websocket-Extensions", []string{"x", "x"}, ReasonExtension},
	} {
		header := goodAnswer()
		header[c.key] = c.values
		wantFailure(t, c.sentence, 101, header, c.reason)
	}
	wantFailure(t, "status 200", 200, goodAnswer(), ReasonStatus)
}

func wantFailure(t *testing.T, sentence string, status int, header map[string][]string, reason Reason) {
	t.Helper()
	_, err := clientOffer().CheckResponse(status, header)
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Errorf("an answer with %s must fail the handshake; got %v", sentence, err)
		return
	}
	if failure.Reason != reason || failure.Status != status {
		t.Errorf("an answer with %s fails for %q; it failed for %q with status %d", sentence, reason, failure.Reason, failure.Status)
	}
}

func TestNothingOfferedMeansNothingMayBeChosen(t *testing.T) {
	for _, key := range []string{"Sec-Websocket-Protocol", "Sec-Websocket-Extensions"} {
		header := goodAnswer()
		header[key] = []string{"x"}
		if a, err := (Offer{Key: goodKey}).CheckResponse(101, header); err == nil {
			t.Errorf("without an offer %s in the answer must fail the handshake; it gave %v", key, a)
		}
	}
}
