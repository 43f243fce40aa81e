package weburl_test

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

func TestURLSet(t *testing.T) {
	for _, c := range []struct {
		url       string
		attribute weburl.Attribute
		value     string
		want      string
	}{
		{"http://h/", weburl.Protocol, "https", "https://h/"},
		{"http://h/", weburl.Protocol, "https:ignored", "https://h/"},
		{"http://h/", weburl.Protocol, "foo", "http://h/"},
		{"foo://h/", weburl.Protocol, "http", "foo://h/"},
		{"http://h/", weburl.Protocol, "0x", "http://h/"},
		{"http://h/", weburl.Protocol, "", "http://h/"},
		{"http://h:443/", weburl.Protocol, "https", "https://h/"},
		{"http://u@h/", weburl.Protocol, "file", "http://u@h/"},
		{"file:///a", weburl.Protocol, "http", "file:///a"},
		{"http://h/", weburl.Username, "a b:", "http://a%20b%3A@h/"},
		{"http://u:p@h/", weburl.Username, "", "http://:p@h/"},
		{"file:///a", weburl.Username, "u", "file:///a"},
		{"mailto:a", weburl.Username, "u", "mailto:a"},
		{"http://h/", weburl.Password, "p@", "http://:p%40@h/"},
		{"http://h:8080/", weburl.Host, "x", "http://x:8080/"},
		{"http://h:8080/", weburl.Host, "x:90", "http://x:90/"},
		{"http://h:8080/", weburl.Host, "x:80", "http://x/"},
		{"http://h:8080/", weburl.Host, "x:", "http://x:8080/"},
		{"http://h:8080/", weburl.Host, "x:99999", "http://x:8080/"},
		{"http://h:8080/", weburl.Host, "x:90stuff", "http://x:90/"},
		{"http://h/", weburl.Host, "x/path?q", "http://x/"},
		{"http://h/", weburl.Host, "", "http://h/"},
		{"http://h/", weburl.Host, "a b", "http://h/"},
		{"http://h/", weburl.Host, "0x7f.1", "http://127.0.0.1/"},
		{"mailto:a", weburl.Host, "x", "mailto:a"},
		{"foo://h/", weburl.Host, "", "foo:///"},
		{"foo://u@h/", weburl.Host, "", "foo://u@h/"},
		{"file:///a", weburl.Host, "x", "file://x/a"},
		{"file://h/a", weburl.Host, "localhost", "file:///a"},
		{"file://h/a", weburl.Host, "x:80", "file://h/a"},
		{"http://h/", weburl.Hostname, "x:90", "http://h/"},
		{"http://h:81/", weburl.Hostname, "x", "http://x:81/"},
		{"http://h/", weburl.Hostname, "[::1]", "http://[::1]/"},
		{"foo:/a", weburl.Hostname, "", "foo:///a"},
		{"http://h/", weburl.Port, "8080", "http://h:8080/"},
		{"http://h:8080/", weburl.Port, "", "http://h/"},
		{"http://h:8080/", weburl.Port, "80", "http://h/"},
		{"http://h/", weburl.Port, "90abc", "http://h:90/"},
		{"http://h:81/", weburl.Port, "abc", "http://h:81/"},
		{"http://h:81/", weburl.Port, "65536", "http://h:81/"},
		{"file:///a", weburl.Port, "80", "file:///a"},
		{"http://h/a?q#f", weburl.Pathname, "b/../c d", "http://h/c%20d?q#f"},
		{"http://h/a", weburl.Pathname, "b?c#d", "http://h/b%3Fc%23d"},
		{"http://h/a", weburl.Pathname, "", "http://h/"},
		{"http://h/a", weburl.Pathname, "\\b", "http://h/b"},
		{"foo://h/a", weburl.Pathname, "", "foo://h"},
		{"foo:/a", weburl.Pathname, "//b", "foo:/.//b"},
		{"mailto:a", weburl.Pathname, "b", "mailto:a"},
		{"http://h/?a", weburl.Search, "b c#d", "http://h/?b%20c%23d"},
		{"http://h/?a", weburl.Search, "?b", "http://h/?b"},
		{"http://h/?a", weburl.Search, "??b", "http://h/??b"},
		{"http://h/?a", weburl.Search, "?", "http://h/?"},
		{"http://h/?a#f", weburl.Search, "", "http://h/#f"},
		{"http://h/", weburl.Hash, "a b#", "http://h/#a%20b#"},
		{"http://h/#a", weburl.Hash, "", "http://h/"},
		{"mailto:a", weburl.Hash, "f", "mailto:a#f"},
		{"http://h/", weburl.Href, "foo:bar", "foo:bar"},
	} {
		t.Run(c.url+" "+string(c.attribute)+"="+c.value, func(t *testing.T) {
			before, err := weburl.Parse(c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			after, err := before.Set(c.attribute, c.value)
			if err != nil || after.Href() != c.want {
				t.Errorf("the URL must become %q, got %q (%v)", c.want, after.Href(), err)
			}
			if before.Href() != c.url {
				t.Errorf("Set must not change its receiver, which is now %q", before.Href())
			}
		})
	}
}

func TestURLSetInvalidHref(t *testing.T) {
	u, _ := weburl.Parse("http://h/", nil)
	if after, err := u.Set(weburl.Href, "nonsense"); err == nil {
		t.Errorf("setting an invalid href must fail, got %q", after.Href())
	}
}
