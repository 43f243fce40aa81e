package proxyheader

import (
	"errors"
	"strings"
	"testing"
)

const (
	v2     = "\r\n\r\n\x00\r\nQUIT\n"
	v2tcp4 = v2 + "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"
)

var valid = map[string]string{ // header: addresses
	"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n": "192.0.2.1:56324 198.51.100.2:443",
	"PROXY TCP4 192.0.2.1 198.51.100.2 0 65535\r\n":   "192.0.2.1:0 198.51.100.2:65535",
	"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n":      "[2001:db8::1]:1 [2001:db8::2]:2",
	"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n": "192.0.2.1:1 [2001:db8::2]:2",
	"PROXY TCP6 192.0.2.1 2001:db8::2 1 2\r\n":        "192.0.2.1:1 [2001:db8::2]:2",
	"PROXY UNKNOWN\r\n":                               "",
	"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n":           "",
	"PROXY UNKNOWN anything at all\r\n":               "",
	v2tcp4:                                            "192.0.2.1:56324 198.51.100.2:443",
	v2 + "\x21\x11\x00\x10\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb\x03\x00\x01x":                   "192.0.2.1:56324 198.51.100.2:443", // with another field
	v2 + "\x21\x21\x00\x24" + strings.Repeat("\x20", 16) + strings.Repeat("\x30", 16) + "\x00\x01\x00\x02": "[2020:2020:2020:2020:2020:2020:2020:2020]:1 [3030:3030:3030:3030:3030:3030:3030:3030]:2",
	v2 + "\x20\x00\x00\x00":                                   "", // LOCAL
	v2 + "\x20\x11\x00\x02xx":                                 "", // LOCAL, with what has to be skipped
	v2 + "\x21\x00\x00\x01x":                                  "", // unspecified
	v2 + "\x21\x31\x00\xd8" + strings.Repeat("\x00", 216):     "", // a Unix socket
	v2 + "\x21\x31\x0f\xf0" + strings.Repeat("\x00", 4096-16): "", // the longest
}

func text(h Header) string {
	if !h.Source.IsValid() && !h.Destination.IsValid() {
		return ""
	}
	return h.Source.String() + " " + h.Destination.String()
}

func TestParse(t *testing.T) {
	for header, want := range valid {
		h, size, err := Parse([]byte(header + "GET / HTTP/1.1\r\n"))
		if err != nil || size != len(header) || text(h) != want {
			t.Errorf("%q has %d bytes and the addresses %q; got %d, %q, %v", header, len(header), want, size, text(h), err)
		}
		for n := range header {
			if _, size, err := Parse([]byte(header[:n])); size != 0 || err != nil {
				t.Errorf("%q is the beginning of a header; got %d, %v", header[:n], size, err)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for header, want := range map[string]string{
		"GET / HTTP/1.1\r\n": ErrMissing.Error(),
		"\x16\x03\x01":       ErrMissing.Error(),
		"PROXYTCP4":          ErrMissing.Error(),
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n":   "5 fields",
		"PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n":    "7 fields",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n":   "7 fields",
		"PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n":     `the protocol "TCP5"`,
		"PROXY TCP4 2001:db8::1 198.51.100.2 1 2\r\n":   `the address "2001:db8::1"`,
		"PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n":   `the address "fe80::1%eth0"`,
		"PROXY TCP4 192.0.2.1 host 1 2\r\n":             `the address "host"`,
		"PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n":    `the port "01"`,
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n": `the port "65536"`,
		"PROXY \r\n":                        "2 fields",
		"PROXY " + strings.Repeat("x", 101): "no end within 107 bytes",
		"PROXY UNKNOWN " + strings.Repeat("x", 200) + "\r\n": "no end within 107 bytes",
		v2 + "\x11\x11\x00\x0c":                              "version and command 0x11",
		v2 + "\x22\x11\x00\x0c":                              "version and command 0x22",
		v2 + "\x21\x12\x00\x0c" + strings.Repeat("x", 12):    "protocol 0x12", // datagrams
		v2 + "\x21\x11\x00\x0b" + strings.Repeat("x", 11):    "expected 12 or more",
		v2 + "\x21\x21\x00\x23" + strings.Repeat("x", 35):    "expected 36 or more",
		v2 + "\x21\x11\x0f\xf1":                              "the limit is 4096",
	} {
		if _, size, err := Parse([]byte(header)); size != 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is refused with %q; got %d, %v", header, want, size, err)
		}
	}
}

// What follows has no influence, and no header is found before its last byte.
func FuzzParse(f *testing.F) {
	for header := range valid {
		f.Add([]byte(header))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, size, err := Parse(b)
		if err != nil {
			if again, _, err := Parse(append(b[:len(b):len(b)], "more"...)); err == nil {
				t.Errorf("%q is wrong, and so is it with more after it; got %v", b, again)
			}
			return
		}
		if size == 0 {
			if len(b) >= MaxSize || len(b) >= maxSize1 && b[0] == 'P' {
				t.Errorf("%d bytes are no beginning of a header", len(b))
			}
			return
		}
		if again, n, err := Parse(b[:size]); err != nil || n != size || again != h {
			t.Errorf("%q is a header of %d bytes; without the rest got %d, %v, %v", b, size, n, again, err)
		}
		if _, n, err := Parse(b[:size-1]); n != 0 || err != nil && !errors.Is(err, ErrMissing) {
			t.Errorf("%q lacks a byte; got %d, %v", b[:size-1], n, err)
		}
	})
}
