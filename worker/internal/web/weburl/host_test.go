package weburl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// hostOf parses a URL and returns its host.
func hostOf(url string) (string, error) {
	u, err := weburl.Parse(url, nil)
	if err != nil {
		return "", err
	}
	return u.Hostname(), nil
}

// Every ASCII character is percent-encoded, so that none of them ends the host before the host parser.
func TestParseRefusesForbiddenCharactersInDomain(t *testing.T) {
	for c := range byte(0x80) {
		url := fmt.Sprintf("http://a%%%02Xb/", c)
		host, err := hostOf(url)
		forbidden := c <= ' ' || strings.IndexByte("#%/:<>?@[\\]^|\x7f", c) >= 0 // URL Standard, section 3.2
		switch want := "a" + strings.ToLower(string(rune(c))) + "b"; {
		case forbidden && err == nil:
			t.Errorf("%s must be refused, as %q is forbidden in a domain; got the host %q", url, c, host)
		case !forbidden && (err != nil || host != want):
			t.Errorf("the host of %s must be %q, got %q (%v)", url, want, host, err)
		}
	}
}

func TestParseKeepsOpaqueHost(t *testing.T) {
	for written, want := range map[string]string{
		"EXAMPLE.com":  "EXAMPLE.com",
		"ex%41mple":    "ex%41mple",
		"a%b":          "a%b",
		"%5B":          "%5B",
		"127.1":        "127.1",
		"\x01\x7fé!'$": "%01%7F%C3%A9!'$",
		"":             "",
	} {
		if host, err := hostOf("foo://" + written + "/"); err != nil || host != want {
			t.Errorf("the opaque host %q must become %q, got %q (%v)", written, want, host, err)
		}
	}
	for _, c := range "\x00 <>[]^|" {
		if host, err := hostOf("foo://a" + string(c) + "b/"); err == nil {
			t.Errorf("an opaque host with %q must be refused, got %q", c, host)
		}
	}
}

// The result of the conversion to Punycode must be a valid host, however long it is.
func TestParseLongInternationalDomain(t *testing.T) {
	for _, length := range []int{60, 1000, 1023, 1024, 5000} {
		domain := strings.Repeat("t", length) + "é"
		host, err := hostOf("http://" + domain + "/")
		if length < 1000 && err != nil {
			t.Errorf("a label of %d letters must be valid, got %v", length, err)
		}
		if err != nil {
			continue
		}
		if again, err := hostOf("http://" + host + "/"); err != nil || again != host {
			t.Errorf("a label of %d letters became %.20s, which is parsed to %.20s, %v", length, host, again, err)
		}
	}
}

func TestParseNormalizesDomain(t *testing.T) {
	for want, forms := range map[string][]string{
		"xn--bcher-kva.example": {"bücher.example", "BÜCHER.Example", "bu\u0308cher.example", "b%C3%BCcher.example", "XN--Bcher-KVA.example"},
		"a.b":                   {"A.B", "a。b", "ａ．ｂ", "a\u00AD.b"},
		"..":                    {"..", "%2E."},
	} {
		for _, form := range forms {
			if host, err := hostOf("http://" + form + "/"); err != nil || host != want {
				t.Errorf("the domain %q must become %q, got %q (%v)", form, want, host, err)
			}
		}
	}
}

func TestParseErrorHasReasonOfInvalidHost(t *testing.T) {
	for url, want := range map[string]string{
		"http://[::1/":     "closing bracket",
		"http://[::g]/":    `"::g" is not an IPv6 address`,
		"http://a%20b/":    `contains ' '`,
		"foo://a^b/":       `contains '^'`,
		"http://xn--a/":    "not a valid international domain name",
		"http://\u00AD/":   "the host is empty",
		"http://1.2.3.4.5": "more than four parts",
		"http://1.2.3.256": `part "256" of the IPv4 address "1.2.3.256"`,
	} {
		_, err := hostOf(url)
		var invalid *weburl.Error
		if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), "invalid URL: ") || !strings.Contains(invalid.Reason, want) {
			t.Errorf("%q must fail with an Error whose reason contains %q, got %v", url, want, err)
		}
	}
}
