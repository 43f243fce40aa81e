package linger

import (
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// TestSocketRestoreDrain checks that a Drain that waits is the only one, also if other events have moved after it.
func TestSocketRestoreDrain(t *testing.T) {
	server := NewServer(HandlerFuncs{}, Options{})
	old := &Socket{server: server, id: "old"}
	record := old.appendEvent(nil, &Drain{})
	record = old.appendEvent(record, &Message{Payload: Text("after it")})
	moved := &arrival{socket: &Socket{server: server, id: "moved", move: arriving}}
	if err := moved.setState(record); err != nil {
		t.Fatal(err)
	}
	moved.socket.enqueue(&Drain{arrived: time.Second})
	if n := moved.socket.queue.events.Len(); n != 2 {
		t.Errorf("%d events wait, expected the Drain and the message", n)
	}
	moved.socket.enqueue(&PeerClose{Status: protocol.Status{Code: protocol.CloseNormal}})
	if n := moved.socket.queue.events.Len(); n != 3 {
		t.Errorf("%d events wait, expected a PeerClose after the others", n)
	}
}
