package linger

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Whoever sees the connection must find behind it what was sent early.
func TestNobodyOvertakesWhatWasSentEarly(t *testing.T) {
	const many = 5000
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test", early: early{waiting: true}}
	for range many {
		if err := socket.Send(Text("early")); err != nil {
			t.Fatal(err)
		}
	}
	nc, peer := memconn.Pipe()
	peer.SetCapacity(1 << 20)
	late := make(chan error)
	go func() {
		for socket.conn.Load() == nil {
			runtime.Gosched()
		}
		late <- socket.Send(Text("late"))
	}()
	socket.attach(websocket.NewDriver(nc, protocol.Server, nil, websocket.Options{}))
	if err := <-late; err != nil {
		t.Errorf("an attached socket takes messages; got %v", err)
	}
	all := make([]byte, many*len("..early")+len("..late"))
	if _, err := io.ReadFull(peer, all); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(all), "late") {
		t.Error("what is sent behind the 101 arrives behind what was sent early; it overtook")
	}
	socket.CloseNow()
	_ = peer.Close()
}
