package handshake

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const goodKey = "dGhlIHNhbXBsZSBub25jZQ==" // the sample nonce of RFC 6455, section 1.3

// goodRequest is the least a client has to send.
func goodRequest() Request {
	return Request{
		Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com",
		Header: map[string][]string{
			"Upgrade":               {"websocket"},
			"Connection":            {"Upgrade"},
			"Sec-Websocket-Key":     {goodKey},
			"Sec-Websocket-Version": {"13"},
		},
	}
}

func with(key string, values ...string) func(*Request) {
	return func(r *Request) { r.Header[key] = values }
}

func without(key string) func(*Request) {
	return func(r *Request) { delete(r.Header, key) }
}

func TestAcceptedRequests(t *testing.T) {
	for sentence, change := range map[string]func(*Request){
		"the least a client has to send":            func(*Request) {},
		"HTTP/1.2":                                  func(r *Request) { r.ProtoMinor = 2 },
		"Host filed in the header too":              with("Host", "example.com"),
		"Host with a port":                          func(r *Request) { r.Host = "example.com:8080" },
		"Host that is an IPv6 address":              func(r *Request) { r.Host = "[::1]:8080" },
		"Upgrade in capital letters":                with("Upgrade", "WebSocket"),
		"Upgrade with other protocols in its list":  with("Upgrade", "h2c , websocket"),
		"Connection as Firefox sends it":            with("Connection", "keep-alive, Upgrade"),
		"Connection over two lines":                 with("Connection", "keep-alive", "upgrade"),
		"a version with white space around it":      with("Sec-Websocket-Version", " 13\t"),
		"an extension that nobody knows":            with("Sec-Websocket-Extensions", "x-unknown; a=b"),
		"subprotocols over two lines":               with("Sec-Websocket-Protocol", "chat, superchat", "v2.chat"),
		"a list of subprotocols with an empty part": with("Sec-Websocket-Protocol", "chat,, superchat,"),
		"a web page's origin, which others judge":   with("Origin", "https://elsewhere.example"),
	} {
		r := goodRequest()
		change(&r)
		if _, refusal := CheckRequest(r); refusal != nil {
			t.Errorf("a request with %s must be accepted; it was refused: %v", sentence, refusal)
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	seventeen := base64.StdEncoding.EncodeToString(make([]byte, 17))
	for _, c := range []struct {
		sentence string
		change   func(*Request)
		status   int
		reason   Reason
		says     string
	}{
		{"another method", func(r *Request) { r.Method = "POST" }, 405, ReasonMethod, "GET"},
		{"a method in small letters", func(r *Request) { r.Method = "get" }, 405, ReasonMethod, "GET"},
		{"HTTP/1.0", func(r *Request) { r.ProtoMinor = 0 }, 426, ReasonHTTPVersion, "proxy_http_version 1.1"},
		{"HTTP/0.9", func(r *Request) { r.ProtoMajor, r.ProtoMinor = 0, 9 }, 426, ReasonHTTPVersion, "HTTP/1.1"},
		{"no Host", func(r *Request) { r.Host = "" }, 400, ReasonHost, "Host"},
		{"two Hosts", with("Host", "example.com", "example.com"), 400, ReasonHost, "once"},
		{"two Hosts in one line", func(r *Request) { r.Host = "a.example, b.example" }, 400, ReasonHost, "once"},
		{"a Host that contradicts itself", with("Host", "other.example"), 400, ReasonHost, "Host"},
		{"a body", func(r *Request) { r.ContentLength = 5 }, 400, ReasonBody, "body"},
		{"a body of unknown length", func(r *Request) { r.ContentLength = -1 }, 400, ReasonBody, "body"},
		{"no Upgrade", without("Upgrade"), 426, ReasonUpgrade, "proxy_set_header Upgrade"},
		{"an Upgrade to something else", with("Upgrade", "h2c"), 426, ReasonUpgrade, "Upgrade: websocket"},
		{"an Upgrade that only contains the word", with("Upgrade", "websockets"), 426, ReasonUpgrade, "Upgrade: websocket"},
		{"an Upgrade spelled with a Kelvin sign", with("Upgrade", "websoc\u212aet"), 426, ReasonUpgrade, "Upgrade: websocket"},
		{"no Connection", without("Connection"), 426, ReasonConnection, "Connection: Upgrade"},
		{"a Connection without upgrade", with("Connection", "keep-alive"), 426, ReasonConnection, "Connection: Upgrade"},
		{"no version", without("Sec-Websocket-Version"), 426, ReasonVersion, "13"},
		{"an old version", with("Sec-Websocket-Version", "8"), 426, ReasonVersion, "13"},
		{"a list of versions", with("Sec-Websocket-Version", "13, 8"), 426, ReasonVersion, "13"},
		{"the version twice", with("Sec-Websocket-Version", "13", "13"), 400, ReasonVersion, "once"},
		{"no key", without("Sec-Websocket-Key"), 400, ReasonKey, "16"},
		{"two keys", with("Sec-Websocket-Key", goodKey, goodKey), 400, ReasonKey, "once"},
		{"a key of 13 bytes", with("Sec-Websocket-Key", "SGVsbG8sIHdvcmxkIQ=="), 400, ReasonKey, "16"},
		{"a key of 17 bytes", with("Sec-Websocket-Key", seventeen), 400, ReasonKey, "16"},
		{"a key of 18 bytes", with("Sec-Websocket-Key", strings.Repeat("A", 24)), 400, ReasonKey, "16"},
		{"a key that is no base64", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25j*Q=="), 400, ReasonKey, "base64"},
		{"a key in the URL alphabet", with("Sec-Websocket-Key", "_-hlIHNhbXBsZSBub25jZQ=="), 400, ReasonKey, "base64"},
		{"a key without padding", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ"), 400, ReasonKey, "base64"},
		{"a key with stray bits at its end", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZR=="), 400, ReasonKey, "base64"},
		{"a key with a line break inside", with("Sec-Websocket-Key", "dGhlIHNhbXBs\nZSBub25jZ=="), 400, ReasonKey, "base64"},
		{"a subprotocol that is no token", with("Sec-Websocket-Protocol", "chat room"), 400, ReasonProtocol, "commas"},
		{"a subprotocol twice", with("Sec-Websocket-Protocol", "chat, x", "chat"), 400, ReasonProtocol, "twice"},
		{"an empty list of subprotocols", with("Sec-Websocket-Protocol", " , "), 400, ReasonProtocol, "one or more"},
		{"65 subprotocols", with("Sec-Websocket-Protocol", manyNames(65)), 400, ReasonProtocol, "64"},
		{"a malformed extension", with("Sec-Websocket-Extensions", "x; =1"), 400, ReasonExtension, "param=value"},
		{"65 extensions", with("Sec-Websocket-Extensions", manyNames(65)), 400, ReasonExtension, "64"},
	} {
		r := goodRequest()
		c.change(&r)
		_, refusal := CheckRequest(r)
		if refusal == nil {
			t.Errorf("a request with %s must be refused; it was accepted", c.sentence)
			continue
		}
		if refusal.Status != c.status || refusal.Reason != c.reason {
			t.Errorf("a request with %s is answered %d for %q; the answer was %d for %q",
				c.sentence, c.status, c.reason, refusal.Status, refusal.Reason)
		}
		if !strings.Contains(refusal.Text, c.says) {
			t.Errorf("the refusal of a request with %s must say %q; it says %q", c.sentence, c.says, refusal.Text)
		}
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "n" + strings.Repeat("x", i)
	}
	return strings.Join(names, ",")
}

func TestOfferHoldsWhatTheClientSent(t *testing.T) {
	r := goodRequest()
	r.Header["Sec-Websocket-Protocol"] = []string{"b, a", "c"}
	r.Header["Sec-Websocket-Extensions"] = []string{"x; p=1, y"}
	offer, refusal := CheckRequest(r)
	if refusal != nil {
		t.Fatalf("a full request must be accepted; it was refused: %v", refusal)
	}
	want := Offer{
		Key:        goodKey,
		Protocols:  []string{"b", "a", "c"},
		Extensions: []Extension{{"x", []Param{{"p", "1"}}}, {Name: "y"}},
	}
	if !reflect.DeepEqual(offer, want) {
		t.Errorf("the offer keeps the client's order and values; want %v, got %v", want, offer)
	}
}

func TestIsUpgradeNeedsBothFields(t *testing.T) {
	good := goodRequest().Header
	if !IsUpgrade(good) {
		t.Error("Upgrade: websocket with Connection: Upgrade asks for a WebSocket")
	}
	for _, missing := range []string{"Upgrade", "Connection"} {
		r := goodRequest()
		delete(r.Header, missing)
		if IsUpgrade(r.Header) {
			t.Errorf("without %s a request does not ask for a WebSocket", missing)
		}
	}
	if IsUpgrade(nil) {
		t.Error("a request without header does not ask for a WebSocket")
	}
}

func TestCheckRequestAllocates(t *testing.T) {
	plain, browser := goodRequest(), goodRequest()
	browser.Header["Sec-Websocket-Extensions"] = []string{"permessage-deflate; client_max_window_bits"}
	browser.Header["Sec-Websocket-Protocol"] = []string{"chat"}
	for _, c := range []struct {
		sentence string
		request  Request
		budget   float64
	}{
		{"a plain handshake", plain, 0},
		{"a browser's handshake with one subprotocol and one extension", browser, 3},
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = CheckRequest(c.request) }); n > c.budget {
			t.Errorf("checking %s may allocate %v times; it did %v times", c.sentence, c.budget, n)
		}
	}
}

// FuzzCheckRequest holds both roles against each other: what the server accepts, the client must accept back.
func FuzzCheckRequest(f *testing.F) {
	f.Add("websocket", "Upgrade", goodKey, "13", "chat, x", `permessage-deflate; a="1"`, "example.com")
	f.Add("h2c, WebSocket", "close,upgrade", goodKey, "13", "chat", "x;y;z=1,", "[::1]:80")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version, protocol, extension, host string) {
		r := Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: host, Header: map[string][]string{
			"Upgrade": {upgrade}, "Connection": {connection}, "Sec-Websocket-Key": {key},
			"Sec-Websocket-Version": {version}, "Sec-Websocket-Protocol": {protocol}, "Sec-Websocket-Extensions": {extension},
		}}
		offer, refusal := CheckRequest(r)
		if refusal != nil {
			if refusal.Status < 400 || refusal.Text == "" || refusal.Reason == "" {
				t.Fatalf("a refusal must say what was wrong; it is %#v", refusal)
			}
			return
		}
		if !IsUpgrade(r.Header) {
			t.Fatal("a request that is accepted must ask for a WebSocket")
		}
		shakeHands(t, offer)
	})
}

// shakeHands answers the offer with all it holds and lets the client judge the answer.
func shakeHands(t *testing.T, offer Offer) {
	t.Helper()
	all := Agreement{Protocol: offer.Protocols[0], Extensions: offer.Extensions}
	fields, err := offer.Response(all)
	if err != nil {
		t.Fatalf("a choice from the offer must be accepted: %v", err)
	}
	agreed, err := offer.CheckResponse(101, headerOf(fields))
	if err != nil {
		t.Fatalf("the client must accept the server's answer: %v", err)
	}
	if !reflect.DeepEqual(agreed, all) {
		t.Fatalf("client and server must agree on the same; server %v, client %v", all, agreed)
	}
}

// headerOf files fields as net/http would.
func headerOf(fields []Field) map[string][]string {
	canonical := []string{"Upgrade", "Connection", keyKey, acceptKey, versionKey, protocolKey, extensionKey}
	header := map[string][]string{}
	for _, field := range fields {
		i := slices.IndexFunc(canonical, func(key string) bool { return equalFold(key, field.Name) })
		header[canonical[i]] = append(header[canonical[i]], field.Value)
	}
	return header
}
