//go:build linux

package load

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

func TestOpenSources(t *testing.T) {
	to := lingerServer(t, echoes())
	seen := map[[4]byte]bool{}
	for n := range 2 * sources {
		fd, err := open(to, n, false)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Close(fd) }()
		from, err := syscall.Getsockname(fd)
		if err != nil {
			t.Fatal(err)
		}
		seen[from.(*syscall.SockaddrInet4).Addr] = true
	}
	if len(seen) != sources {
		t.Errorf("connections come from %d addresses, expected %d", len(seen), sources)
	}
}

func TestOpenRefused(t *testing.T) {
	if _, err := open(netip.MustParseAddrPort("127.0.0.1:1"), 0, false); err == nil {
		t.Error("open of a port without a listener returned no error")
	}
}

func TestCheckHandshake(t *testing.T) {
	right := switching + "x\r\nSec-WebSocket-Accept: " + accepted + "\r\n\r\n"
	for _, c := range []struct {
		answer      string
		rest        int
		wrong, name string
	}{
		{answer: right, name: "accepted"},
		{answer: right[:20], rest: -1, name: "incomplete"},
		{answer: strings.Replace(right, "101", "403", 1), wrong: "101", name: "refused"},
		{answer: strings.Replace(right, "s3", "S3", 1), wrong: accepted, name: "key of another request"},
		{answer: right + "x", wrong: "nothing after it", name: "extra bytes"},
	} {
		rest, err := checkHandshake([]byte(c.answer))
		if rest != c.rest || (err != nil) != (c.wrong != "") || c.wrong != "" && !mentions(err, c.wrong) {
			t.Errorf("%s: got %d, %v, expected %d and an error with %q", c.name, rest, err, c.rest, c.wrong)
		}
	}
}
