package main

import (
	"net"
	"testing"
)

// listenerAt is a listener that only has an address.
type listenerAt struct {
	net.Listener
	address string
}

func (l listenerAt) Addr() net.Addr { return addressText(l.address) }

type addressText string

func (addressText) Network() string  { return "tcp" }
func (a addressText) String() string { return string(a) }

func TestTheAddressIsOneABrowserCanOpen(t *testing.T) {
	for listening, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"[::1]:8080":     "http://[::1]:8080/",
		"0.0.0.0:80":     "http://localhost:80/",
		"[::]:9000":      "http://localhost:9000/",
		"10.1.2.3:8080":  "http://10.1.2.3:8080/",
		"/run/linger":    "/run/linger",
	} {
		if got := address(listenerAt{address: listening}); got != want {
			t.Errorf("a listener on %s is found at %s; got %s", listening, want, got)
		}
	}
}

func TestAnAddressThatIsNone(t *testing.T) {
	_, err := net.Listen("tcp", "nowhere")
	got := listenError("nowhere", err).Error()
	if want := "cannot listen on nowhere: listen tcp: address nowhere: missing port in address"; got != want {
		t.Errorf("the message is %q; got %q", want, got)
	}
}

func TestDefaults(t *testing.T) {
	c, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" {
		t.Errorf("linger listens on 127.0.0.1:8080, where only this machine reaches it; got %s", c.Listen)
	}
	if c.MaxMessage != 1<<20 || c.Memory != 128<<20 {
		t.Errorf("a message has at most 1 MiB and the script 128 MiB; got %d and %d", c.MaxMessage, c.Memory)
	}
	if len(c.Origin) != 0 {
		t.Errorf("no pages of other hosts may connect; got %q", c.Origin)
	}
}
