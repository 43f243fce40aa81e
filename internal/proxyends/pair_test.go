package proxyends

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// tunnel is a proxy that knows TCP only: what one side says or ends goes to the other.
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

// A tunnel passes on what is said, and differs where a proxy has to speak for a side.
func TestThePlayFindsWhatATunnelDoesNot(t *testing.T) {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	front := tunnel(t, backend.Addr())
	for name, want := range map[string]string{ // one of the differences, or none
		"messages of the client behind the backend's Close": "",
		"the client ends TCP without a Close":               "backend sees reset; it saw EOF",
		"the backend ends TCP without a Close":              "client sees " + Gone + "; it saw EOF",
		"the client breaks a rule":                          "client sees close 1002; it saw nothing",
	} {
		c := named(name)
		p, err := backend.Open(front, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			p.Client.Patience, p.Backend.Patience = 200*time.Millisecond, 200*time.Millisecond
		}
		seen, err := p.Play(c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if lines := c.Differences(seen); want == "" && len(lines) > 0 || want != "" && !slices.Contains(lines, want) {
			t.Errorf("%s: the difference is %q; got %q", name, want, lines)
		}
		p.Close()
	}
}

func named(name string) Case {
	all := Cases(Gone, Cut)
	return all[slices.IndexFunc(all, func(c Case) bool { return c.Name == name })]
}

func TestAProxyThatAnswersSomethingElse(t *testing.T) {
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
		t.Error("one that does not ask the backend is an error")
	}
	other.Close()
	if _, err := backend.Open(other.Addr(), time.Second); err == nil {
		t.Error("one that is not there is an error")
	}
}
