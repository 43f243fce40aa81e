package linger

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Whoever sees the connection must find behind it what was sent early.
func TestNobodyOvertakesWhatWasSentEarly(t *testing.T) {
	const many = 5000
	socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test", early: &early{waiting: true}}
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

// Before the handshake is done and right behind it the same bytes wait.
func TestBufferedIsTheSameOnBothSidesOfThe101(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		socket := &Socket{server: NewServer(HandlerFuncs{}, Options{}), id: "test", early: &early{waiting: true}}
		for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
			if err := socket.Send(Binary(make([]byte, n))); err != nil {
				t.Fatal(err)
			}
		}
		before := socket.Buffered()
		nc, peer := memconn.Pipe()
		peer.SetCapacity(0)
		socket.attach(websocket.NewDriver(nc, protocol.Server, nil, websocket.Options{KeepAlive: -1}))
		synctest.Wait()
		if after := socket.Buffered(); after != before || before == 0 {
			t.Errorf("nothing was written: %d bytes wait as before; got %d", before, after)
		}
		socket.CloseNow()
		_ = peer.Close()
	})
}
