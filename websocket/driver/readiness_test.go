package driver

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// lame is a transport that cannot begin.
type lame struct{ *told }

var errLame = errors.New("no room")

func (lame) begin(*Driver) error { return errLame }

func TestATransportThatCannotBeginEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		defer func() { _ = b.Close() }()
		heard := &recorder{}
		d := New(lame{&told{streamTransport{nc: a}, a}}, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(heard)
		synctest.Wait()
		if got := strings.Join(heard.take(), "\n"); !strings.Contains(got, "transport") || !a.Closed() {
			t.Errorf("the end is told, and the transport closed; got %q", got)
		}
	})
}
