package weburl_test

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// parsed contains inputs and their serialised URLs. An empty result means that the input must be refused.
var parsed = []struct{ input, base, want string }{
	// special schemes and slashes
	{"http://example.com", "", "http://example.com/"},
	{"HTTP://EXAMPLE.com:80/", "", "http://example.com/"},
	{"https://example.com:443", "", "https://example.com/"},
	{"https://example.com:80", "", "https://example.com:80/"},
	{"ws://example.com:80/a?b#c", "", "ws://example.com/a?b#c"},
	{"wss://example.com:443", "", "wss://example.com/"},
	{"http:example.com", "", "http://example.com/"},
	{"http:////example.com", "", "http://example.com/"},
	{"http:\\\\example.com\\a\\b", "", "http://example.com/a/b"},
	{" \t http://ex\nample.com/a\tb \n", "", "http://example.com/ab"},
	{"http://", "", ""},
	{"http:///", "", ""},
	{"https://?q", "", ""},
	{"", "", ""},
	{"relative", "", ""},
	{"//host", "", ""},
	{"1http://x", "", ""},
	{"h ttp://x", "", ""},
	// user information
	{"http://user:pass@host/", "", "http://user:pass@host/"},
	{"http://user@host/", "", "http://user@host/"},
	{"http://:pass@host/", "", "http://:pass@host/"},
	{"http://:@host/", "", "http://host/"},
	{"http://a:b@c:d@host/", "", "http://a:b%40c%3Ad@host/"},
	{"http://a b:[c]@host/", "", "http://a%20b:%5Bc%5D@host/"},
	{"http://user@", "", ""},
	{"http://@/www", "", ""},
	{"http://é@host", "", "http://%C3%A9@host/"},
	// ports
	{"http://host:8080/", "", "http://host:8080/"},
	{"http://host:/", "", "http://host/"},
	{"http://host:00080/", "", "http://host/"},
	{"http://host:0/", "", "http://host:0/"},
	{"http://host:65535/", "", "http://host:65535/"},
	{"http://host:65536/", "", ""},
	{"http://host:99999999999999999999/", "", ""},
	{"http://host:8a/", "", ""},
	{"http://:80/", "", ""},
	{"foo://host:80/", "", "foo://host:80/"},
	// domains
	{"http://Bücher.example/", "", "http://xn--bcher-kva.example/"},
	{"http://faß.de/", "", "http://xn--fa-hia.de/"},
	{"http://日本語。ｊｐ/", "", "http://xn--wgv71a119e.jp/"},
	{"http://%45xample.com/", "", "http://example.com/"},
	{"http://ex%00ample.com/", "", ""},
	{"http://a<b/", "", ""},
	{"http://a b/", "", ""},
	{"http://a^b/", "", ""},
	{"http://a|b/", "", ""},
	{"http://a%b/", "", ""},
	{"http://a_b.-c-/", "", "http://a_b.-c-/"},
	{"http://example.com./", "", "http://example.com./"},
	{"http://xn--/", "", ""},
	{"http://xn--a/", "", ""},
	{"http://%80/", "", ""},
	// IPv4
	{"http://127.0.0.1/", "", "http://127.0.0.1/"},
	{"http://0x7f.1/", "", "http://127.0.0.1/"},
	{"http://0177.0.0.01/", "", "http://127.0.0.1/"},
	{"http://2130706433/", "", "http://127.0.0.1/"},
	{"http://127.1./", "", "http://127.0.0.1/"},
	{"http://4294967295/", "", "http://255.255.255.255/"},
	{"http://4294967296/", "", ""},
	{"http://256.1.1.1/", "", ""},
	{"http://1.2.3.4.5/", "", ""},
	{"http://1.2.3.08/", "", ""},
	{"http://1.2..4/", "", ""},
	{"http://0x/", "", "http://0.0.0.0/"},
	{"http://0xffffffff1/", "", ""},
	{"http://a.1/", "", ""},
	{"http://1.a/", "", "http://1.a/"},
	{"http://１２７.0.0.1/", "", "http://127.0.0.1/"},
	{"foo://127.1/", "", "foo://127.1/"},
	// IPv6
	{"http://[::1]/", "", "http://[::1]/"},
	{"http://[1:0:0:2:0:0:0:3]:8080/", "", "http://[1:0:0:2::3]:8080/"},
	{"http://[1:0:0:2:3:0:0:4]/", "", "http://[1::2:3:0:0:4]/"},
	{"http://[1:0:2:3:4:5:6:7]/", "", "http://[1:0:2:3:4:5:6:7]/"},
	{"http://[0:0:0:0:0:0:0:0]/", "", "http://[::]/"},
	{"http://[1:2:3:4:5:6:0:0]/", "", "http://[1:2:3:4:5:6::]/"},
	{"http://[::FFFF:1.2.3.4]/", "", "http://[::ffff:102:304]/"},
	{"http://[::1.2.3.256]/", "", ""},
	{"http://[::1%25eth0]/", "", ""},
	{"http://[::1%eth0]/", "", ""},
	{"http://[1.2.3.4]/", "", ""},
	{"http://[::1/", "", ""},
	{"http://[:1]/", "", ""},
	{"http://[]/", "", ""},
	{"foo://[::1]/", "", "foo://[::1]/"},
	// paths
	{"http://h/a/./b/../c", "", "http://h/a/c"},
	{"http://h/a/%2e/b/%2E%2e/c", "", "http://h/a/c"},
	{"http://h/../../a", "", "http://h/a"},
	{"http://h/a/..", "", "http://h/"},
	{"http://h/a/b/..", "", "http://h/a/"},
	{"http://h/a/.", "", "http://h/a/"},
	{"http://h//a//", "", "http://h//a//"},
	{"http://h/...", "", "http://h/..."},
	{"http://h/a b\"<>`{}^é%zz%41", "", "http://h/a%20b%22%3C%3E%60%7B%7D%5E%C3%A9%zz%41"},
	{"http://h/a|b'[]", "", "http://h/a|b'[]"},
	{"foo://h/a\\b", "", "foo://h/a\\b"},
	{"foo://h", "", "foo://h"},
	{"foo://h/..", "", "foo://h/"},
	{"foo:///a", "", "foo:///a"},
	{"foo:/a", "", "foo:/a"},
	{"foo:/.//a", "", "foo:/.//a"},
	{"foo:/a/../..//b", "", "foo:/.//b"},
	{"foo://a b/", "", ""},
	{"foo://é/", "", "foo://%C3%A9/"},
	// opaque paths
	{"mailto:a@b.c", "", "mailto:a@b.c"},
	{"data:text/plain,a b ?q#f", "", "data:text/plain,a b%20?q#f"},
	{"foo:", "", "foo:"},
	{"foo:é", "", "foo:%C3%A9"},
	// query and fragment
	{"http://h?a=b c&'\"<>é#x y`", "", "http://h/?a=b%20c&%27%22%3C%3E%C3%A9#x%20y%60"},
	{"foo://h?'", "", "foo://h?'"},
	{"http://h/?", "", "http://h/?"},
	{"http://h/#", "", "http://h/#"},
	{"http://h/?a?b#c#d?e", "", "http://h/?a?b#c#d?e"},
	// relative
	{"b", "http://h/a/x?q#f", "http://h/a/b"},
	{"../b", "http://h/a/c/x", "http://h/a/b"},
	{"../../../b", "http://h/a/c/x", "http://h/b"},
	{"/b", "http://u:p@h:81/a", "http://u:p@h:81/b"},
	{"//x/b", "http://h/a", "http://x/b"},
	{"\\\\x\\b", "http://h/a", "http://x/b"},
	{"///x/b", "http://h/a", "http://x/b"},
	{"?r", "http://h/a?q#f", "http://h/a?r"},
	{"#r", "http://h/a?q#f", "http://h/a?q#r"},
	{"", "http://h/a?q#f", "http://h/a?q"},
	{".", "http://h/a/b", "http://h/a/"},
	{"http:b", "http://h/a/x", "http://h/a/b"},
	{"http:/b", "http://h/a/x", "http://h/b"},
	{"https:b", "http://h/a/x", "https://b/"},
	{"b:c", "http://h/a", "b:c"},
	{"./b:c", "http://h/a", "http://h/b:c"},
	{"#f", "mailto:a@b", "mailto:a@b#f"},
	{"x", "mailto:a@b", ""},
	{"x", "foo://h/a/b", "foo://h/a/x"},
	{"//y/x", "foo://h/a/b", "foo://y/x"},
	{"/x", "foo:/a/b", "foo:/x"},
	// file
	{"file:///etc/passwd", "", "file:///etc/passwd"},
	{"file:/etc", "", "file:///etc"},
	{"file:etc", "", "file:///etc"},
	{"file://localhost/etc", "", "file:///etc"},
	{"file://host/etc", "", "file://host/etc"},
	{"file:///C|/a/../..", "", "file:///C:/"},
	{"file://C:/a", "", "file:///C:/a"},
	{"file:\\\\\\C:\\a", "", "file:///C:/a"},
	{"D:/b", "file:///C:/a", "d:/b"},
	{"/b", "file:///C:/a/x", "file:///C:/b"},
	{"/D:/b", "file:///C:/a/x", "file:///D:/b"},
	{"D|/b", "file:///C:/a/x", "file:///D:/b"},
	{"..", "file:///C:/a", "file:///C:/"},
	{"b", "file://host/a/x?q", "file://host/a/b"},
	{"?r", "file:///a?q", "file:///a?r"},
	{"#r", "file:///a?q", "file:///a?q#r"},
	{"file:", "file:///a/b", "file:///a/b"},
	{"file://a:80/", "", ""},
	// blob
	{"blob:https://h/id", "", "blob:https://h/id"},
}

func TestParse(t *testing.T) {
	for _, c := range parsed {
		t.Run(c.input+" on "+c.base, func(t *testing.T) {
			got, err := parse(c.input, c.base)
			var invalid *weburl.Error
			switch {
			case c.want == "" && !errors.As(err, &invalid):
				t.Errorf("%q must be refused, got %q (%v)", c.input, got, err)
			case c.want != "" && (err != nil || got != c.want):
				t.Errorf("%q must become %q, got %q (%v)", c.input, c.want, got, err)
			}
		})
	}
}

func TestParseOfSerialisedURL(t *testing.T) {
	for _, c := range parsed {
		if c.want == "" {
			continue
		}
		if got, err := parse(c.want, ""); err != nil || got != c.want {
			t.Errorf("%q must be parsed to itself, got %q (%v)", c.want, got, err)
		}
	}
}

// parse parses a URL relative to base, unless that is empty, and returns it in serialised form.
func parse(input, base string) (string, error) {
	var on *weburl.URL
	if base != "" {
		var err error
		if on, err = weburl.Parse(base, nil); err != nil {
			return "", err
		}
	}
	u, err := weburl.Parse(input, on)
	if err != nil {
		return "", err
	}
	return u.Href(), nil
}

func FuzzParse(f *testing.F) {
	for _, c := range parsed {
		f.Add(c.input, c.base)
	}
	f.Fuzz(func(t *testing.T, input, base string) {
		href, err := parse(input, base)
		if err != nil {
			return
		}
		if again, err := parse(href, ""); err != nil || again != href {
			t.Fatalf("%q relative to %q is %q, which is parsed to %q (%v)", input, base, href, again, err)
		}
	})
}
