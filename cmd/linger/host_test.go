package main

import (
	"net"
	"strings"
	"testing"
)

func TestHostFlagsAllowsHost(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	loopback6 := &net.TCPAddr{IP: net.IPv6loopback, Port: 8080}
	standard := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	public := &net.TCPAddr{IP: net.IPv4zero, Port: 8080}
	unix := &net.UnixAddr{Name: "/run/linger"}
	for _, c := range []struct {
		listens net.Addr
		hosts   string // the value of --host
		allowed string // separated by spaces
		refused string // separated by spaces
	}{
		{
			loopback, "",
			// A proxy on the same machine forwards its own port.
			"localhost:8080 LOCALHOST:8080 localhost.:8080 app.localhost:8080 127.0.0.1:8080 [::1]:8080 192.0.2.1:8080 localhost chat.example.com chat.example.com:443 chat.example.com:80",
			"attacker.example:8080 attacker.example.:8080 Attacker.Example:8080 localhost.attacker.example:8080 127.0.0.1.attacker.example:8080 localhost_:8080 notlocalhost:8080",
		},
		{loopback6, "", "[::1]:8080 chat.example.com", "attacker.example:8080"},
		{standard, "", "localhost chat.example.com:8080", "attacker.example attacker.example:80"},
		{public, "", "attacker.example:8080 chat.example.com", ""},
		{unix, "", "chat.example.com chat.example.com:8080", ""},
		{
			loopback, "myapp.test,*.example.com",
			"myapp.test:8080 MYAPP.test myapp.test.:8080 chat.example.com:8080 a.b.example.com localhost:8080 127.0.0.1",
			"other.test:8080 other.test example.com notexample.com:8080 my.app.test",
		},
		{public, "chat.example.com", "chat.example.com chat.example.com:8080 192.0.2.1:8080 localhost", "other.example chat.example.com.other.example"},
		{loopback, "*", "attacker.example:8080 chat.example.com", ""},
	} {
		var args []string
		if c.hosts != "" {
			args = []string{"--host=" + c.hosts}
		}
		run, err := parse(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range append(strings.Fields(c.allowed), "") { // requests of HTTP/1.0 have no Host
			if !run.allowsHost(host, c.listens, false) {
				t.Errorf("a server at %v with --host=%s must allow %q", c.listens, c.hosts, host)
			}
		}
		for host := range strings.FieldsSeq(c.refused) {
			if run.allowsHost(host, c.listens, false) {
				t.Errorf("a server at %v with --host=%s must refuse %q", c.listens, c.hosts, host)
			}
		}
	}
}

func TestHostPatternDecodeRejects(t *testing.T) {
	for _, host := range []string{"http://a", "a:8080", "*.", "a.*", "**", "[::1]", "a b"} {
		if _, err := parse(t, "--host="+host); err == nil || !strings.Contains(err.Error(), "--host") {
			t.Errorf("--host=%s must be refused; got %v", host, err)
		}
	}
}

// The port of a URL without one depends on whether the request has come by TLS.
func TestHostFlagsAllowsHostByTLS(t *testing.T) {
	run, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	for port, own := range map[int]bool{443: true, 80: false} { // whether the port is that of https
		listens := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		for _, secure := range []bool{true, false} {
			if got, want := run.allowsHost("attacker.example", listens, secure), secure != own; got != want {
				t.Errorf("a server on port %d admits a name without a port, by TLS %v: %v; got %v", port, secure, want, got)
			}
		}
	}
}
