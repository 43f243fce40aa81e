package handshake

import "testing"

func TestCheckTargetHosts(t *testing.T) {
	for _, host := range []string{
		"example.com", "EXAMPLE.com", "example.com:8080", "example.com:0", "example.com:65535", "example.com:", "localhost",
		"a_b.example", "a~b!$&'()*+;=", "-", "127.0.0.1:80", "[::1]", "[::1]:8080", "[2001:DB8::1:2]", "[::ffff:192.0.2.1]:1",
		"xn--mnchen-3ya.example", "m%C3%BCnchen.example", "example.com.",
	} {
		if refusal := CheckTarget(Request{Host: host}); refusal != nil {
			t.Errorf("the host %q is refused: %v", host, refusal)
		}
	}
}

func TestCheckTargetInvalidHosts(t *testing.T) {
	for _, host := range []string{
		"", ":", ":80", "[::1", "::1", "[::1]x", "[::1]:x", "[::1:80", "[]", "[v1.x]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[127.0.0.1]", "[1:2:3]",
		"a:99999", "a:65536", "a:b", "a:80:80", "a:-1", "a:+1", "a: 80",
		"a%00b", "a%", "a%4", "a%41", "a%zz", "a%C", "a%2F", "a%40",
		"a b", "a\tb", "a/b", "a\\b", "a?b", "a#b", "user@a", "a,b", "a<b", "a>b", "a\"b", "a{b", "a|b", "a^b", "a`b", "a]b", "a\x00b", "a\x7fb", "ü",
	} {
		refusal := CheckTarget(Request{Host: host})
		if refusal == nil || refusal.Status != 400 || refusal.Reason != ReasonHost {
			t.Errorf("the refusal of the host %q is %v, expected status 400 and reason host", host, refusal)
		}
	}
}

func TestCheckTargetTargets(t *testing.T) {
	for _, target := range []string{
		"/", "//", "/a?b", "/mailto:x", "//other.example/a", "/a//b:80",
		"http://example.com", "http://example.com/a", "HTTP://example.com/", "https://example.com:1/", "ws://example.com/", "wss://example.com/?a",
	} {
		if refusal := CheckTarget(Request{Host: "example.com", Target: target}); refusal != nil {
			t.Errorf("the target %q is refused: %v", target, refusal)
		}
	}
}

// The parts of these targets are ambiguous.
func TestCheckTargetInvalidTargets(t *testing.T) {
	for _, target := range []string{
		"mailto:x", "evil:80", "evil.example:80", "*", "a", "?a", "http:", "http:/a", "http:a", "http://", "http:///a", "http://?a",
		"ftp://example.com/", "file:///etc", "javascript://example.com/%0aalert(1)", "urn:a:b", "data:,x",
	} {
		refusal := CheckTarget(Request{Host: "example.com", Target: target})
		if refusal == nil || refusal.Status != 400 || refusal.Reason != ReasonTarget {
			t.Errorf("the refusal of the target %q is %v, expected status 400 and reason target", target, refusal)
		}
		r := validRequest()
		r.Target = target
		if _, refusal := CheckRequest(r); refusal == nil || refusal.Reason != ReasonTarget {
			t.Errorf("the refusal of an opening handshake with the target %q is %v, expected reason target", target, refusal)
		}
	}
}

func TestIsAttempt(t *testing.T) {
	websocket := map[string][]string{"Upgrade": {"WebSocket"}}
	for _, c := range []struct {
		what string
		r    Request
		want bool
	}{
		{"an upgrade", validRequest(), true},
		{"an upgrade with another method", Request{Method: "POST", Header: map[string][]string{"Upgrade": {"websocket"}, "Connection": {"upgrade"}}}, true},
		{"a GET whose Connection a proxy has removed", Request{Method: "GET", Header: websocket}, true},
		{"extended CONNECT", Request{Method: "CONNECT", Header: map[string][]string{":protocol": {"websocket"}}}, true},
		{"a POST without Connection", Request{Method: "POST", Header: websocket}, false},
		{"an upgrade to another protocol", Request{Method: "GET", Header: map[string][]string{"Upgrade": {"h2c"}, "Connection": {"upgrade"}}}, false},
		{"CONNECT to a host", Request{Method: "CONNECT"}, false},
		{"extended CONNECT for another protocol", Request{Method: "CONNECT", Header: map[string][]string{":protocol": {"connect-udp"}}}, false},
		{"a plain GET", Request{Method: "GET"}, false},
	} {
		if got := IsAttempt(c.r); got != c.want {
			t.Errorf("IsAttempt of %s is %v, expected %v", c.what, got, c.want)
		}
	}
}

func TestCheckRequestHTTP2(t *testing.T) {
	for name, r := range map[string]Request{
		"a GET":            {Method: "GET", ProtoMajor: 2, Host: "example.com"},
		"a GET, HTTP/3":    {Method: "GET", ProtoMajor: 3, Host: "example.com"},
		"a wrong version":  {Method: "GET", ProtoMajor: 2, Host: "example.com", Header: map[string][]string{"Upgrade": {"websocket"}, "Connection": {"upgrade"}}},
		"extended CONNECT": {Method: "CONNECT", ProtoMajor: 2, Host: "example.com", Header: map[string][]string{":protocol": {"websocket"}}},
		"a POST":           {Method: "POST", ProtoMajor: 2, Host: "example.com"},
	} {
		_, refusal := CheckRequest(r)
		if refusal == nil || refusal.Text == "" {
			t.Fatalf("the refusal of %s over HTTP/2 is %v, expected one with a text", name, refusal)
		}
		for _, f := range refusal.Fields {
			if f.Name == "Upgrade" || f.Name == "Connection" { // RFC 9113, section 8.2.2
				t.Errorf("the refusal of %s over HTTP/2 has the field %s", name, f.Name)
			}
		}
		if want := map[string]int{"extended CONNECT": 501, "a POST": 405}[name]; want != 0 && refusal.Status != want || want == 0 && refusal.Status != 426 {
			t.Errorf("the refusal of %s over HTTP/2 has status %d, expected %d", name, refusal.Status, max(want, 426))
		}
	}
}
