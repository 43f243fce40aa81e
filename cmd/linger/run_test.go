package main

import (
	"net"
	"testing"
)

// listenerAt is a listener of which only Addr may be called.
type listenerAt struct {
	net.Listener
	address string
}

func (l listenerAt) Addr() net.Addr { return addressText(l.address) }

type addressText string

func (addressText) Network() string  { return "tcp" }
func (a addressText) String() string { return string(a) }

func TestListenerURL(t *testing.T) {
	for listening, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"[::1]:8080":     "http://[::1]:8080/",
		"0.0.0.0:80":     "http://localhost:80/",
		"[::]:9000":      "http://localhost:9000/",
		"10.1.2.3:8080":  "http://10.1.2.3:8080/",
		"/run/linger":    "unix:/run/linger",
	} {
		if got := listenerURL(listenerAt{address: listening}); got != want {
			t.Errorf("the URL of a listener on %s must be %s; got %s", listening, want, got)
		}
	}
}

func TestRunFlagsDefaults(t *testing.T) {
	c, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.addresses()) > 0 {
		t.Errorf("by default there is no address, and the server listens on a loopback address; got %v", c.addresses())
	}
	if c.MaxMessage != 1<<20 || c.Memory != 0 {
		t.Errorf("the default limits are 1 MiB for a message and that of package worker for the script; got %d and %d", c.MaxMessage, c.Memory)
	}
	if len(c.Origin) != 0 {
		t.Errorf("by default pages of other hosts must not connect; got %q", c.Origin)
	}
}
