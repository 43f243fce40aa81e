package proxyends

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// tunnel starts a TCP proxy, which forwards data and FIN, and returns its address.
func tunnel(t *testing.T, to string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	pass := func(from, to net.Conn) {
		_, _ = io.Copy(to, from)
		tcp, _ := to.(*net.TCPConn)
		_ = tcp.CloseWrite()
	}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			go pass(near, far)
			go pass(far, near)
		}
	}()
	return l.Addr().String()
}

// A TCP proxy forwards messages, but differs in cases in which a proxy must send a Close or
// an RST itself.
func TestPairPlay(t *testing.T) {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	front := tunnel(t, backend.Addr())
	for name, want := range map[string]string{ // a difference, or an empty string for none
		"messages of the client after the backend's Close": "",
		"the client ends TCP without a Close":              "backend sees reset; it saw EOF",
		"the backend ends TCP without a Close":             "client sees " + BackendLost + "; it saw EOF",
		"the client violates the protocol":                 "client sees close 1002; it saw nothing",
	} {
		c := caseNamed(name)
		p, err := backend.Open(front, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			p.Client.Timeout, p.Backend.Timeout = 200*time.Millisecond, 200*time.Millisecond
		}
		seen, err := p.Play(c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if lines := c.Differences(seen); want == "" && len(lines) > 0 || want != "" && !slices.Contains(lines, want) {
			t.Errorf("%s: the differences are %q, expected %q", name, lines, want)
		}
		p.Close()
	}
}

func caseNamed(name string) Case {
	all := Cases(BackendLost, ClientLost)
	return all[slices.IndexFunc(all, func(c Case) bool { return c.Name == name })]
}

func TestBackendOpenErrors(t *testing.T) {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	other, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backend.Open(other.Addr(), 100*time.Millisecond); err == nil {
		t.Error("Open returns no error if the proxy does not connect to the backend")
	}
	other.Close()
	if _, err := backend.Open(other.Addr(), time.Second); err == nil {
		t.Error("Open returns no error if the proxy does not listen")
	}
}
