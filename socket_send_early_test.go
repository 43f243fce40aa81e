package linger_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// during serves an application whose upgrade handler accepts and then calls do.
func during(t *testing.T, opts linger.Options, do func(s *linger.Server, socket *linger.Socket)) *service {
	t.Helper()
	return serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		socket, err := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
		if err != nil {
			t.Errorf("a good request can be accepted; got %v", err)
			return
		}
		do(u.Server, socket)
	}}, opts)
}

func TestSocketSendEarly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := during(t, linger.Options{}, func(s *linger.Server, socket *linger.Socket) {
			payload := linger.Binary([]byte("two"))
			_ = socket.Send(linger.Text("one"))
			_ = socket.Send(payload)
			payload.Data[0] = 'X' // what was sent is a copy
			if n, err := s.Publish("lobby", linger.Text("three")); n != 1 || err != nil {
				t.Errorf("a publication reaches a socket before its 101; got %d, %v", n, err)
			}
			_ = socket.Send(linger.Text("four"))
			if n := socket.Buffered(); n == 0 || socket.State() != protocol.StateOpen {
				t.Errorf("an accepted socket is open and counts what waits; got %d bytes", n)
			}
		})
		c := s.connect()
		c.want("text one", "binary two", "text three", "text four")
		c.leave()
	})
}

func TestSocketCloseEarly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := during(t, linger.Options{}, func(s *linger.Server, socket *linger.Socket) {
			_ = socket.Send(linger.Text("hello"))
			wantError(t, "an illegal code is refused", socket.Close(1005, ""), protocol.ErrCloseCode)
			if socket.State() != protocol.StateOpen {
				t.Error("a refused Close changes nothing; it did")
			}
			if err := socket.Close(4001, "bye"); err != nil {
				t.Errorf("a socket can be closed before its 101; got %v", err)
			}
			if err := socket.Close(4002, "later"); err != nil {
				t.Errorf("a second Close changes nothing; got %v", err)
			}
			wantError(t, "nothing is sent after Close", socket.Send(linger.Text("lost")), linger.ErrClosed)
			if n, _ := s.Publish("lobby", linger.Text("lost")); n != 0 {
				t.Errorf("nor published to it; got %d", n)
			}
			if state := socket.State(); state != protocol.StateClosing {
				t.Errorf("the socket is CLOSING; got %v", state)
			}
		})
		c := s.connect()
		c.want("text hello", "close 4001 bye")
		c.close(4001, "")
		c.want("EOF")
		if end := s.end(); !end.Clean || end.First != protocol.Local {
			t.Errorf("the end is clean; got %+v", end.Outcome)
		}
		s.wantEmpty()
	})
}

func TestSocketCloseNowEarly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := during(t, linger.Options{}, func(_ *linger.Server, socket *linger.Socket) {
			_ = socket.Close(4001, "")
			socket.CloseNow()
			wantError(t, "nothing is sent after CloseNow", socket.Send(linger.Text("lost")), linger.ErrClosed)
			if state := socket.State(); state != protocol.StateClosing {
				t.Errorf("the socket is CLOSING; got %v", state)
			}
		})
		s.client().ask()
		if end := s.end(); end.Cause != "abort" || end.Sent != none {
			t.Errorf("CloseNow during the upgrade closes the transport after the 101, without a Close; got %+v", end.Outcome)
		}
		s.wantEmpty()
	})
}

// The peer has not had a chance to read, so it is not closed for reading too slowly.
func TestSocketSendEarlyBound(t *testing.T) {
	for name, c := range map[string]struct {
		policy linger.Policy
		want   error
	}{
		"close": {linger.PolicyClose, linger.ErrEarlyFull},
		"drop":  {linger.PolicyDrop, linger.ErrQueueFull},
		"block": {linger.PolicyBlock, linger.ErrEarlyFull}, // it would wait for itself
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				sockets := make(chan *linger.Socket, 1)
				taken := 0
				s := during(t, linger.Options{Policy: c.policy}, func(_ *linger.Server, socket *linger.Socket) {
					var err error
					taken, err = fillBy(socket, 10<<10)
					wantError(t, "the message that does not fit is refused", err, c.want)
					wantError(t, "so is the next", socket.Send(linger.Text("x")), c.want)
					wantError(t, "the error is one of a full queue", err, linger.ErrQueueFull)
					if early := errors.Is(err, linger.ErrEarlyFull); early != (c.policy != linger.PolicyDrop) {
						t.Errorf("the error is ErrEarlyFull, or ErrQueueFull if messages are to be dropped; got %v", err)
					}
					sockets <- socket
				})
				client := s.connect()
				if taken != 103 { // the first that passes 1 MiB
					t.Errorf("the default is 1 MiB; %d messages of 10 KiB were taken", taken)
				}
				for range taken {
					client.want("text " + text(10<<10))
				}
				_ = (<-sockets).Send(linger.Text("then"))
				client.want("text then")
			})
		})
	}
}

func TestSocketSendEarlyThenDrain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const burst = 3000
		sent := 0
		send := func(socket *linger.Socket) {
			for ; sent < burst && socket.Send(linger.Text(text(1<<10))) == nil; sent++ {
			}
		}
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{})
				send(socket)
			},
			OnDrain: func(d *linger.Drain) { send(d.Socket) },
		}, linger.Options{Policy: linger.PolicyDrop})
		client := s.connect()
		for range burst {
			client.want("text " + text(1<<10))
		}
	})
}

func TestServerPublishEarlyBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
			for range 200 {
				_, _ = u.Server.Publish("lobby", linger.Text(text(10<<10)))
			}
		}}, linger.Options{})
		client := s.connect()
		for range 103 {
			client.want("text " + text(10<<10))
		}
		client.want("close 1013 too much was sent before the connection was open")
		client.close(1013, "")
		if end := s.end(); end.Cause != linger.CauseSlow {
			t.Errorf("the cause in its close event is the full queue; got %+v", end.Outcome)
		}
	})
}

func TestSocketSendEarlyNumberBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := during(t, linger.Options{}, func(_ *linger.Server, socket *linger.Socket) {
			n := 0
			for socket.Send(linger.Text("")) == nil && n < 1<<20 {
				n++
			}
			if n > 1<<16 {
				t.Errorf("empty messages are bounded too; %d were taken", n)
			}
		})
		s.connect()
	})
}

// slowly reads 4 KiB every 50 ms.
type slowly struct{ net.Conn }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return s.Conn.Read(p[:min(len(p), 4<<10)])
}

// A ping waits after what was sent before, so a client that reads slowly cannot answer it
// in time; that it reads shows that it is there.
func TestServerWriteTimeoutSlowReader(t *testing.T) {
	for _, c := range []struct{ messages, size int }{{1, 512 << 10}, {500, 1 << 10}} {
		t.Run(fmt.Sprintf("%d messages of %d bytes", c.messages, c.size), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{
					OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
					OnMessage: func(m *linger.Message) {
						for range c.messages {
							_ = m.Socket.Send(linger.Text(strings.Repeat("x", c.size)))
						}
					},
				}, linger.Options{Options: websocket.Options{KeepAlive: time.Second}})
				client := s.connect()
				client.text("send")
				client.r = bufio.NewReader(slowly{client.nc})
				messages := 0
				for pinged := 0; messages < c.messages || pinged < 2; {
					got := client.next()
					switch {
					case got == "ping":
						client.write(frame(protocol.Pong, nil))
						if messages == c.messages {
							pinged++
						}
					case strings.HasPrefix(got, "text x"):
						messages++
					default:
						t.Fatalf("a client that reads is not cut; after %d messages it reads %q", messages, got)
					}
				}
				client.leave()
				if end := s.end(); !end.Clean {
					t.Errorf("the connection ends as the client wants; got %+v", end.Outcome)
				}
			})
		})
	}
}

// One subscriber of 2,000 that does not read costs its send queue and nothing else.
func TestServerPublishWithStalledSubscriber(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const others, messages, size, queue = 2000, 45, 1 << 10, 32 << 10
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets)},
			linger.Options{SendQueue: queue})
		stalled := s.connect()
		stalled.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 10)
		victim := <-sockets
		var all sync.WaitGroup
		for range others {
			c := s.connect()
			<-sockets
			all.Go(func() {
				for i := range messages {
					c.want("text " + strconv.Itoa(1000+i) + text(size))
				}
			})
		}
		synctest.Wait()
		before := heap()
		for i := range messages {
			began := time.Now()
			if _, err := s.Publish("lobby", linger.Text(strconv.Itoa(1000+i)+text(size))); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // those who read have it now
			if took := time.Since(began); took > 0 {
				t.Fatalf("a stalled subscriber delays no other; message %d took %v", i, took)
			}
			if waiting := victim.Buffered(); waiting > queue+2*size {
				t.Fatalf("what waits for the stalled one is bounded; it is %d bytes", waiting)
			}
		}
		all.Wait()
		if grown := heap() - before; grown > 32<<20 { // of 90 MiB that go through
			t.Errorf("memory does not grow with the messages; it grew by %d KiB", grown>>10)
		}
		if end := s.end(); end.Socket != victim || end.Sent.Code != protocol.CloseTryAgainLater || s.Subscribers("lobby") > others+1 {
			t.Errorf("the stalled one is closed with 1013; got %+v", end.Outcome)
		}
		synctest.Wait()
		if n := s.Count(); n != others {
			t.Errorf("no other connection is closed; %d are left", n)
		}
	})
}

// heap returns the bytes in use after the pools have been emptied.
func heap() int {
	for range 3 { // the pools take two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
