package driver

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// unstartable is a transport that cannot be started.
type unstartable struct{ *reporterTransport }

var errUnstartable = errors.New("no room")

func (unstartable) start() error { return errUnstartable }

func TestDriverStartError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		defer func() { _ = b.Close() }()
		heard := &recorder{}
		broken := unstartable{newReporterTransport(a)}
		d := newDriver(broken, protocol.Server, nil, Options{KeepAlive: -1}, terms{})
		d.Start(heard)
		synctest.Wait()
		if got := strings.Join(heard.newCalls(), "\n"); !strings.Contains(got, "transport") || !a.Closed() {
			t.Errorf("Closed must be called, and the transport closed; got %q", got)
		}
	})
}
