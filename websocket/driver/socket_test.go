//go:build linux

package driver

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The calls that do not notify the scheduler have the results of the plain ones.
func TestReceiveAndTransmit(t *testing.T) {
	for name, c := range map[string]struct {
		receive, transmit func(fd int32, p []byte) (int, error)
	}{
		"fast":  {receive, func(fd int32, p []byte) (int, error) { return transmit(fd, p, 0) }},
		"plain": {receivePlain, transmitPlain},
	} {
		t.Run(name, func(t *testing.T) {
			near, peer := wiretest.WirePair(t)
			fd, err := duplicate(near)
			if err != nil {
				t.Fatal(err)
			}
			_ = near.Close()
			defer func() { _ = unix.Close(fd) }()
			at := int32(fd)
			buf := make([]byte, 10)
			if n, err := c.receive(at, buf); n != 0 || !errors.Is(err, unix.EAGAIN) {
				t.Errorf("with nothing to read: EAGAIN; got %d, %v", n, err)
			}
			if n, err := c.transmit(at, []byte("hello")); n != 5 || err != nil {
				t.Errorf("all is written; got %d, %v", n, err)
			}
			if n, err := peer.Read(buf); string(buf[:n]) != "hello" || err != nil {
				t.Errorf("and arrives; got %q, %v", buf[:n], err)
			}
			for err = nil; err == nil; {
				_, err = c.transmit(at, make([]byte, 1<<20))
			}
			if !errors.Is(err, unix.EAGAIN) {
				t.Errorf("without room: EAGAIN; got %v", err)
			}
			_ = peer.CloseWrite()
			ends := time.Now().Add(wiretest.Bound)
			n, err := c.receive(at, buf)
			for errors.Is(err, unix.EAGAIN) && time.Now().Before(ends) {
				n, err = c.receive(at, buf)
			}
			if n != 0 || err != nil {
				t.Errorf("after a FIN: nothing, and no error; got %d, %v", n, err)
			}
			if _, err := c.receive(-1, buf); !errors.Is(err, unix.EBADF) {
				t.Errorf("on no descriptor: EBADF; got %v", err)
			}
		})
	}
}
