package linger

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// gate is an inbox whose connection handles one batch of input until the gate
// opens.
type gate struct {
	*inbox
	entered, open chan struct{}
}

func (g gate) Message(*websocket.Driver, protocol.Event) { g.hold() }

func (g gate) Batch(*websocket.Driver, []protocol.Event) bool {
	g.hold()
	return false
}

func (g gate) hold() {
	close(g.entered)
	<-g.open
}

// A queue that was held back for a batch may leave in one write, and then nobody
// tells that it is empty.
func TestBlockedSenderSeesAQueueThatLeftAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}

	s := NewServer(HandlerFuncs{}, Options{SendQueue: 1, Policy: PolicyBlock})
	socket := &Socket{server: s, id: "test"}
	conn := websocket.NewDriver(nc, protocol.Server, nil, websocket.Options{HighWater: 1})
	defer conn.CloseNow()
	g := gate{(*inbox)(socket), make(chan struct{}), make(chan struct{})}
	conn.Start(g)
	socket.conn.Store(conn)

	_, err = peer.Write([]byte{0x82, 0x80, 0, 0, 0, 0}) // an empty message holds the gate
	if err != nil {
		t.Fatal(err)
	}
	<-g.entered
	sent := make(chan error, 2)
	go func() {
		sent <- socket.Send(Text("first"))
		sent <- socket.Send(Text("second"))
	}()
	if err := <-sent; err != nil {
		t.Fatalf("an empty queue takes a message; got %v", err)
	}
	close(g.open)
	select {
	case err := <-sent:
		if err != nil {
			t.Errorf("the sender goes on; got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a blocked sender goes on when its queue has left; it still waits")
	}
	if _, err := io.ReadFull(peer, make([]byte, len("..first..second"))); err != nil {
		t.Errorf("both messages arrive; got %v", err)
	}
}
