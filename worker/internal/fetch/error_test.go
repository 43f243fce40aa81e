package fetch

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/egress"
)

func TestExplainDialHasNoAddress(t *testing.T) {
	at := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 443}, Err: err}
	}
	for want, err := range map[string]error{
		"there is no host of this name":                                     &net.DNSError{Name: "x", Server: "10.1.2.3:53", IsNotFound: true},
		"the name of the host could not be looked up":                       at(&net.DNSError{Name: "x", Server: "10.1.2.3:53", IsTemporary: true}),
		"the connection was refused":                                        at(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"the server was not reached in time":                                at(os.ErrDeadlineExceeded),
		"the connection was lost before the answer was complete":            at(syscall.ECONNRESET),
		"the server was not reached, or its answer is not valid HTTP":       at(errors.New("other")),
		"connections to x are denied by the rules for outgoing connections": fmt.Errorf("wrapped: %w", at(&egress.DeniedError{Host: "x"})),
	} {
		for _, err := range []error{err, &websocket.DialError{Phase: websocket.PhaseDial, URL: "ws://x/?secret", Err: err}} {
			if got := ExplainDial(err); got != want || strings.Contains(got, "10.1") {
				t.Errorf("%v is explained as %q; got %q", err, want, got)
			}
		}
	}
}
