package handshake

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==" // the sample nonce of RFC 6455, section 1.3

// validRequest returns a minimal valid opening handshake.
func validRequest() Request {
	return Request{
		Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com",
		Header: map[string][]string{
			"Upgrade":               {"websocket"},
			"Connection":            {"Upgrade"},
			"Sec-Websocket-Key":     {sampleKey},
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

func TestCheckRequest(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"the minimum":                               func(*Request) {},
		"HTTP/1.2":                                  func(r *Request) { r.ProtoMinor = 2 },
		"Host in the header too":                    with("Host", "example.com"),
		"Host with a port":                          func(r *Request) { r.Host = "example.com:8080" },
		"Host that is an IPv6 address":              func(r *Request) { r.Host = "[::1]:8080" },
		"Upgrade in capital letters":                with("Upgrade", "WebSocket"),
		"Upgrade with other protocols in its list":  with("Upgrade", "h2c , websocket"),
		"Connection as Firefox sends it":            with("Connection", "keep-alive, Upgrade"),
		"Connection over two lines":                 with("Connection", "keep-alive", "upgrade"),
		"a version with white space around it":      with("Sec-Websocket-Version", " 13\t"),
		"an unknown extension":                      with("Sec-Websocket-Extensions", "x-unknown; a=b"),
		"subprotocols over two lines":               with("Sec-Websocket-Protocol", "chat, superchat", "v2.chat"),
		"a list of subprotocols with an empty part": with("Sec-Websocket-Protocol", "chat,, superchat,"),
		"the origin of another host":                with("Origin", "https://elsewhere.example"),
	} {
		r := validRequest()
		change(&r)
		if _, refusal := CheckRequest(r); refusal != nil {
			t.Errorf("a request with %s is refused: %v", name, refusal)
		}
	}
}

func TestCheckRequestRefusals(t *testing.T) {
	seventeen := base64.StdEncoding.EncodeToString(make([]byte, 17))
	for _, c := range []struct {
		name     string
		change   func(*Request)
		status   int
		reason   Reason
		contains string
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
		{"two keys", with("Sec-Websocket-Key", sampleKey, sampleKey), 400, ReasonKey, "once"},
		{"a key of 13 bytes", with("Sec-Websocket-Key", "SGVsbG8sIHdvcmxkIQ=="), 400, ReasonKey, "16"},
		{"a key of 17 bytes", with("Sec-Websocket-Key", seventeen), 400, ReasonKey, "16"},
		{"a key of 18 bytes", with("Sec-Websocket-Key", strings.Repeat("A", 24)), 400, ReasonKey, "16"},
		{"a key that is not base64", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25j*Q=="), 400, ReasonKey, "base64"},
		{"a key in the URL alphabet", with("Sec-Websocket-Key", "_-hlIHNhbXBsZSBub25jZQ=="), 400, ReasonKey, "base64"},
		{"a key without padding", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ"), 400, ReasonKey, "base64"},
		{"a key with stray bits at its end", with("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZR=="), 400, ReasonKey, "base64"},
		{"a key with a line break inside", with("Sec-Websocket-Key", "dGhlIHNhbXBs\nZSBub25jZ=="), 400, ReasonKey, "base64"},
		{"a subprotocol that is not a token", with("Sec-Websocket-Protocol", "chat room"), 400, ReasonProtocol, "commas"},
		{"a subprotocol twice", with("Sec-Websocket-Protocol", "chat, x", "chat"), 400, ReasonProtocol, "twice"},
		{"an empty list of subprotocols", with("Sec-Websocket-Protocol", " , "), 400, ReasonProtocol, "one or more"},
		{"65 subprotocols", with("Sec-Websocket-Protocol", manyNames(65)), 400, ReasonProtocol, "64"},
		{"a malformed extension", with("Sec-Websocket-Extensions", "x; =1"), 400, ReasonExtension, "param=value"},
		{"65 extensions", with("Sec-Websocket-Extensions", manyNames(65)), 400, ReasonExtension, "64"},
	} {
		r := validRequest()
		c.change(&r)
		_, refusal := CheckRequest(r)
		if refusal == nil {
			t.Errorf("a request with %s is accepted", c.name)
			continue
		}
		if refusal.Status != c.status || refusal.Reason != c.reason {
			t.Errorf("a request with %s is refused with status %d and reason %q, expected %d and %q",
				c.name, refusal.Status, refusal.Reason, c.status, c.reason)
		}
		if !strings.Contains(refusal.Text, c.contains) {
			t.Errorf("the text of the refusal of a request with %s is %q, expected it to contain %q", c.name, refusal.Text, c.contains)
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

func TestCheckRequestOffer(t *testing.T) {
	r := validRequest()
	r.Header["Sec-Websocket-Protocol"] = []string{"b, a", "c"}
	r.Header["Sec-Websocket-Extensions"] = []string{"x; p=1, y"}
	offer, refusal := CheckRequest(r)
	if refusal != nil {
		t.Fatalf("the request is refused: %v", refusal)
	}
	want := Offer{
		Key:        sampleKey,
		Protocols:  []string{"b", "a", "c"},
		Extensions: []Extension{{"x", []Param{{"p", "1"}}}, {Name: "y"}},
	}
	if !reflect.DeepEqual(offer, want) {
		t.Errorf("the offer is %v, expected %v", offer, want)
	}
}

func TestIsUpgrade(t *testing.T) {
	good := validRequest().Header
	if !IsUpgrade(good) {
		t.Error("IsUpgrade is false with Upgrade: websocket and Connection: Upgrade")
	}
	for _, missing := range []string{"Upgrade", "Connection"} {
		r := validRequest()
		delete(r.Header, missing)
		if IsUpgrade(r.Header) {
			t.Errorf("IsUpgrade is true without %s", missing)
		}
	}
	if IsUpgrade(nil) {
		t.Error("IsUpgrade is true without a header")
	}
}

func TestCheckRequestAllocs(t *testing.T) {
	plain, browser := validRequest(), validRequest()
	browser.Header["Sec-Websocket-Extensions"] = []string{"permessage-deflate; client_max_window_bits"}
	browser.Header["Sec-Websocket-Protocol"] = []string{"chat"}
	for _, c := range []struct {
		name    string
		request Request
		budget  float64
	}{
		{"a plain handshake", plain, 0},
		{"a browser's handshake with one subprotocol and one extension", browser, 3},
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = CheckRequest(c.request) }); n > c.budget {
			t.Errorf("CheckRequest of %s allocates %v times, expected at most %v", c.name, n, c.budget)
		}
	}
}

// FuzzCheckRequest checks that the client accepts the response to each request that the server accepts.
func FuzzCheckRequest(f *testing.F) {
	f.Add("websocket", "Upgrade", sampleKey, "13", "chat, x", `permessage-deflate; a="1"`, "example.com")
	f.Add("h2c, WebSocket", "close,upgrade", sampleKey, "13", "chat", "x;y;z=1,", "[::1]:80")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version, protocol, extension, host string) {
		r := Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: host, Header: map[string][]string{
			"Upgrade": {upgrade}, "Connection": {connection}, "Sec-Websocket-Key": {key},
			"Sec-Websocket-Version": {version}, "Sec-Websocket-Protocol": {protocol}, "Sec-Websocket-Extensions": {extension},
		}}
		offer, refusal := CheckRequest(r)
		if refusal != nil {
			if refusal.Status < 400 || refusal.Text == "" || refusal.Reason == "" {
				t.Fatalf("the refusal is not complete: %#v", refusal)
			}
			return
		}
		if !IsUpgrade(r.Header) {
			t.Fatal("a request is accepted for which IsUpgrade is false")
		}
		checkAgreement(t, offer)
	})
}

// checkAgreement accepts the whole offer, and checks that the client accepts the response.
func checkAgreement(t *testing.T, offer Offer) {
	t.Helper()
	all := Agreement{Protocol: offer.Protocols[0], Extensions: offer.Extensions}
	fields, err := offer.Response(all)
	if err != nil {
		t.Fatalf("Response returns %v for what was offered", err)
	}
	agreed, err := offer.CheckResponse(101, headerOf(fields))
	if err != nil {
		t.Fatalf("CheckResponse returns %v for the server's response", err)
	}
	if !reflect.DeepEqual(agreed, all) {
		t.Fatalf("the agreement of the server is %v, and that of the client %v", all, agreed)
	}
}

// headerOf returns fields as a header with the keys of net/http.
func headerOf(fields []Field) map[string][]string {
	canonical := []string{"Upgrade", "Connection", keyKey, acceptKey, versionKey, protocolKey, extensionKey}
	header := map[string][]string{}
	for _, field := range fields {
		i := slices.IndexFunc(canonical, func(key string) bool { return equalFold(key, field.Name) })
		header[canonical[i]] = append(header[canonical[i]], field.Value)
	}
	return header
}
