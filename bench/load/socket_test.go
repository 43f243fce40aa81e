//go:build linux

package load

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

func TestConnectionsComeFromSeveralAddresses(t *testing.T) {
	to := ours(t, echoes())
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

func TestNobodyListens(t *testing.T) {
	if _, err := open(netip.MustParseAddrPort("127.0.0.1:1"), 0, false); err == nil {
		t.Error("a connection that is refused must be an error")
	}
}

func TestHandshakesAreChecked(t *testing.T) {
	right := switching + "x\r\nSec-WebSocket-Accept: " + accepted + "\r\n\r\n"
	for _, c := range []struct {
		answer      string
		rest        int
		wrong, name string
	}{
		{answer: right, name: "the right one"},
		{answer: right[:20], rest: -1, name: "the first part"},
		{answer: strings.Replace(right, "101", "403", 1), wrong: "101", name: "a refusal"},
		{answer: strings.Replace(right, "s3", "S3", 1), wrong: accepted, name: "another key's"},
		{answer: right + "x", wrong: "nothing behind it", name: "more than asked for"},
	} {
		rest, err := checkHandshake([]byte(c.answer))
		if rest != c.rest || (err != nil) != (c.wrong != "") || c.wrong != "" && !mentions(err, c.wrong) {
			t.Errorf("%s: got %d, %v", c.name, rest, err)
		}
	}
}
