package handshake

import (
	"strings"
	"testing"
)

func TestNewOriginPolicy(t *testing.T) {
	for _, c := range []struct {
		pattern, origin string
		admitted        bool
	}{
		{"https://*.example.com", "https://a.example.com", true},
		{"https://*.example.com", "https://a.b.example.com", true},
		{"https://*.example.com", "https://A.Example.com:443", true},
		{"HTTPS://*.Example.com", "https://a.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "http://a.example.com", false},
		{"https://*.example.com", "https://a.example.com:8443", false},
		{"https://*.example.com", "https://a.example.com.evil.example", false},
		{"example.com", "https://example.com", true},
		{"example.com", "http://example.com", true},
		{"example.com", "app://example.com", false},
		{"example.com:8080", "http://example.com:8080", true},
		{"example.com:8080", "http://example.com", false},
		{"example.com:443", "https://example.com", true},
		{"localhost:*", "http://localhost:5173", true},
		{"localhost:*", "https://localhost", true},
		{"localhost:*", "http://localhost.evil.example:1", false},
		{"[::1]:*", "http://[::1]:3000", true},
		{"app://example", "app://example", true},
		{"app://example", "app://other", false},
		{"a*b*c.example", "http://a1b2c.example", true},
		{"a*b*c.example", "http://abc.example", true},
		{"a*b*c.example", "http://a1c.example", false},
		{"ab*ba.example", "http://aba.example", false},
		{"http://foo", "http://foo", true},
		{"foo:8080", "http://foo:8080", true},
		{"localhost", "http://localhost", true},
		{"capacitor://localhost", "capacitor://localhost", true},
		{"chrome-extension://*", "chrome-extension://abcdef", true},
		{"chrome-extension://*", "chrome-extension://", false},
		{"app://-", "app://-", true},
		{"app://.", "app://.", true},
		{"file://", "file://", true},
		{"FILE://", "File://", true},
		{"file://", "file:", true},
		{"file://", "qrc://", false},
		{"file://", "null", false},
		{"file://", "http://file", false},
		{"file://", "file://host", false},
		{"file://", "file:///", false},
		{"qrc://", "qrc://", true},
		{"qrc://", "qrc:", true},
		{"ms-appx-web://", "ms-appx-web://", true},
		{"null", "file://", false},
		{"null", "null", true},
		{"null", "https://evil.example", false},
		{"example.com", "null", false},
		{"*.com", "null", false},
		{"*:*", "null", false},
		{"*:*", "http://anywhere.example:1", true},
		{"*", "null", true},
		{"*", "https://anywhere.example:1234", true},
		{"*", "no origin at all", true},
		{"https://other.example", "https://server.example", true}, // the same host is always admitted
	} {
		policy, err := NewOriginPolicy(c.pattern)
		if err != nil {
			t.Errorf("the pattern %q gives the error %v", c.pattern, err)
			continue
		}
		if admitted := policy.Check(fromOrigin("server.example", c.origin)) == nil; admitted != c.admitted {
			t.Errorf("with the pattern %q a page of %q is admitted: %v, expected %v", c.pattern, c.origin, admitted, c.admitted)
		}
	}
}

func TestNewOriginPolicyErrors(t *testing.T) {
	for text, contains := range map[string]string{
		"":                       "host:port",
		"https://":               "host:port",
		"https://example.com/":   "path",
		"example.com/chat":       "path",
		"https://example.com?a":  "wildcard",
		"exampl?.com":            "wildcard",
		"*://example.com":        "scheme",
		"://example.com":         "scheme",
		"1http://example.com":    "scheme",
		"example.com:":           "port",
		"example.com:http":       "port",
		"example.com:0":          "port",
		"example.com:65536":      "port",
		"example.com:80*":        "port",
		"user@example.com":       "host",
		"a.example, b.example":   "host",
		"a.example b.example":    "host",
		"::1":                    "host",
		"[::1":                   "host",
		"https://a:80:example.c": "port",
		"foo":                    "http://foo",
		"file":                   "http://file",
		"qrc:":                   "file://",
		"file:":                  "file://",
		"localhost:":             "port",
		"http://":                "host:port",
		"file://*":               "write file://",
		"file://localhost":       "write file://",
		"file:*":                 "write file://",
		"http:*":                 "name of a scheme",
		"data://":                "write null",
		"blob://":                "write null",
		"about://*":              "write null",
		"wss://example.com":      "write http or https",
		"münchen.example":        "xn--",
		"https://[0:0:0:0::1]":   "[::1]",
		"[::g]:80":               "IPv6",
		"127.1":                  "four decimal",
		"http://0x7f.1:80":       "four decimal",
		"1.2.3.4.5":              "four decimal",
	} {
		_, err := NewOriginPolicy("https://good.example", text)
		if err == nil {
			t.Errorf("the invalid pattern %q gives no error", text)
			continue
		}
		if !strings.Contains(err.Error(), contains) || !strings.Contains(err.Error(), "for example") {
			t.Errorf("the error for the pattern %q is %q, expected it to contain %q and an example", text, err, contains)
		}
	}
}

func FuzzOriginPolicy(f *testing.F) {
	f.Add("https://*.example.com", "https://a.example.com", "example.com")
	f.Add("[::1]:*", "http://[::1]:80", "[::1]")
	f.Add("*", "null", "")
	f.Add("0", "http://\xff", "\xff") // invalid UTF-8, but the same host
	f.Fuzz(func(t *testing.T, text, origin, host string) {
		strict := OriginPolicy{}.Check(fromOrigin(host, origin)) == nil
		policy, err := NewOriginPolicy(text)
		if err != nil {
			return
		}
		if strict && policy.Check(fromOrigin(host, origin)) != nil {
			t.Fatalf("with the pattern %q the origin %q is not admitted to %q, but is without it", text, origin, host)
		}
		if strict && !strings.Contains(lowerASCII(origin), strings.TrimSuffix(strings.TrimSuffix(lowerASCII(host), ":443"), ":80")) {
			t.Fatalf("by default the origin %q is admitted to the host %q", origin, host)
		}
	})
}
