package accept_test

import (
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/accept"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestMain(m *testing.M) {
	accept.AcceptByDriver = func(w http.ResponseWriter, r *http.Request) (accept.Accepted, error) {
		d, _, err := driver.Accept(w, r, nil)
		return accepted{d}, err
	}
	wiretest.StartLoops(func(near net.Conn) <-chan struct{} {
		d := driver.New(near, protocol.Server, nil, driver.Options{})
		d.Start(echo{})
		d.CloseNow()
		return d.Done()
	})
	os.Exit(m.Run())
}

type accepted struct{ *driver.Driver }

func (a accepted) StartEcho() { a.Start(echo{}) }

// echo is a handler that sends each message back.
type echo struct{}

func (echo) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	for _, e := range events {
		if e.Kind == protocol.EventMessage {
			_, _ = d.Send(e.Opcode, e.Payload)
		}
	}
	return false
}

func (echo) Work(*driver.Driver)                   {}
func (echo) Drained(*driver.Driver)                {}
func (echo) Closed(*driver.Driver, driver.Outcome) {}
