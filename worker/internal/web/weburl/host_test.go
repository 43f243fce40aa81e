package weburl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// hostOf returns the host of a URL, or what was wrong with it.
func hostOf(url string) (string, error) {
	u, err := weburl.Parse(url, nil)
	if err != nil {
		return "", err
	}
	return u.Hostname(), nil
}

// Every ASCII character is written %XX, so that none of them ends the host before the host parser sees it.
func TestADomainRefusesForbiddenCharactersHoweverTheyAreWritten(t *testing.T) {
	for c := range byte(0x80) {
		url := fmt.Sprintf("http://a%%%02Xb/", c)
		host, err := hostOf(url)
		forbidden := c <= ' ' || strings.IndexByte("#%/:<>?@[\\]^|\x7f", c) >= 0 // URL Standard, section 3.2
		switch want := "a" + strings.ToLower(string(rune(c))) + "b"; {
		case forbidden && err == nil:
			t.Errorf("%s has the host %q, but %q may stand in no domain", url, host, c)
		case !forbidden && (err != nil || host != want):
			t.Errorf("%s has the host %q (%v), want %q", url, host, err, want)
		}
	}
}

func TestAnOpaqueHostIsKeptAsItIsWritten(t *testing.T) {
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
			t.Errorf("the host %q of an unknown scheme became %q (%v), want %q", written, host, err, want)
		}
	}
	for _, c := range "\x00 <>[]^|" {
		if host, err := hostOf("foo://a" + string(c) + "b/"); err == nil {
			t.Errorf("a host with %q was taken for %q, but it may stand in no host", c, host)
		}
	}
}

// A name that is written in Punycode has to be readable, however long it is.
func TestALongInternationalDomainIsReadBackOrRefused(t *testing.T) {
	for _, length := range []int{60, 1000, 1023, 1024, 5000} {
		domain := strings.Repeat("t", length) + "é"
		host, err := hostOf("http://" + domain + "/")
		if length < 1000 && err != nil {
			t.Errorf("a label of %d letters is none; got %v", length, err)
		}
		if err != nil {
			continue
		}
		if again, err := hostOf("http://" + host + "/"); err != nil || again != host {
			t.Errorf("a label of %d letters became %.20s, which is read back as %.20s, %v", length, host, again, err)
		}
	}
}

func TestDomainsAreComparedInOneForm(t *testing.T) {
	for want, forms := range map[string][]string{
		"xn--bcher-kva.example": {"bücher.example", "BÜCHER.Example", "bu\u0308cher.example", "b%C3%BCcher.example", "XN--Bcher-KVA.example"},
		"a.b":                   {"A.B", "a。b", "ａ．ｂ", "a\u00AD.b"},
		"..":                    {"..", "%2E."},
	} {
		for _, form := range forms {
			if host, err := hostOf("http://" + form + "/"); err != nil || host != want {
				t.Errorf("the domain %q became %q (%v), want %q", form, host, err, want)
			}
		}
	}
}

func TestTheErrorSaysWhatIsWrongWithAHost(t *testing.T) {
	for url, want := range map[string]string{
		"http://[::1/":     "closing bracket",
		"http://[::g]/":    `"::g" is no IPv6 address`,
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
			t.Errorf("%q fails with %v, want an Error whose reason says %q", url, err, want)
		}
	}
}
