package worker

import (
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

func TestOutgoingSocketSetConnAfterClose(t *testing.T) {
	a, _ := memconn.Pipe()
	conn := driver.New(a, protocol.Client, nil, driver.Options{})
	s := &outgoingSocket{cancel: func() {}}
	s.close(protocol.CloseNormal, "")
	if s.setConn(conn) {
		t.Error("a socket that was closed does not open")
	}
	<-conn.Done()
}

func TestOutgoingSocketBeforeItIsOpen(t *testing.T) {
	cancelled := false
	s := &outgoingSocket{cancel: func() { cancelled = true }}
	s.answerClose()
	if s.buffered() != 0 || cancelled {
		t.Error("answerClose has no effect before the socket is open")
	}
	s.closeNow()
	if !cancelled {
		t.Error("closeNow cancels the opening handshake")
	}
}
