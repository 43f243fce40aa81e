package linger_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// overflow sends until a queue of 5,000 bytes is full.
func overflow(socket *linger.Socket) (taken int) {
	taken, _ = fillBy(socket, 1000)
	return taken
}

// swallow reads n messages of overflow, and waits for what follows from that.
func (c *client) swallow(n int) {
	c.t.Helper()
	for range n {
		c.want("text " + text(1000))
	}
	synctest.Wait()
}

var dropping = linger.Options{SendQueue: 5000, Policy: linger.PolicyDrop}

func TestDrainThenSend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, socket, drains := drained(t, dropping)
		taken := overflow(socket)
		wantError(t, "a full queue takes nothing", socket.Send(linger.Text("again")), linger.ErrQueueFull)
		c.swallow(taken)
		if n := len(drains); n != 1 {
			t.Errorf("the application gets one Drain; got %d", n)
		}
		if err := socket.Send(linger.Text("again")); err != nil {
			t.Errorf("then a message is taken; got %v", err)
		}
		c.want("text again")
	})
}

func TestDrainOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var events []string
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{
			OnMessage: func(m *linger.Message) {
				if events = append(events, m.String()); m.String() == "first" {
					overflow(m.Socket)
					<-next
				}
			},
			OnDrain: func(*linger.Drain) { events = append(events, "drain") },
		}, dropping)
		c := s.connect()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
		c.text("first")
		synctest.Wait()
		c.text("second")
		synctest.Wait()
		c.swallow(5)
		c.text("third")
		synctest.Wait()
		close(next)
		synctest.Wait()
		if want := []string{"first", "second", "drain", "third"}; !slices.Equal(events, want) {
			t.Errorf("the Drain comes after what has arrived before, one at a time: %v; got %v", want, events)
		}
	})
}

// busy returns a client and its socket, whose handler has got a message and returns when next is closed. drained is called for each
// Drain.
func busy(t *testing.T, next <-chan bool, drained func()) (*client, *linger.Socket) {
	t.Helper()
	sockets := make(chan *linger.Socket, 1)
	s := serve(t, linger.HandlerFuncs{
		OnUpgrade: accept(linger.AcceptOptions{}, sockets),
		OnMessage: func(*linger.Message) { <-next },
		OnDrain:   func(*linger.Drain) { drained() },
	}, dropping)
	c := s.connect()
	c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
	c.text("slow")
	synctest.Wait()
	return c, <-sockets
}

// Other goroutines may fill and empty the queue while a handler is called.
func TestDrainIsQueuedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		drains, next := 0, make(chan bool)
		c, socket := busy(t, next, func() { drains++ })
		for range 50 {
			c.swallow(overflow(socket))
		}
		close(next)
		synctest.Wait()
		if drains != 1 {
			t.Errorf("a slow handler gets one Drain for 50; got %d", drains)
		}
		c.swallow(overflow(socket))
		if drains != 2 {
			t.Errorf("and again when it empties again; got %d", drains-1)
		}
	})
}

func TestDrainNotAfterClose(t *testing.T) {
	for name, end := range map[string]func(c *client, socket *linger.Socket, next chan bool){
		"we close": func(_ *client, socket *linger.Socket, next chan bool) {
			_ = socket.Close(4001, "")
			close(next)
		},
		"the peer closes": func(c *client, _ *linger.Socket, next chan bool) {
			c.close(4001, "")
			synctest.Wait()
			close(next)
		},
		"we close while it waits for the handler": func(c *client, socket *linger.Socket, next chan bool) {
			c.swallow(5)
			_ = socket.Close(4001, "")
			close(next)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				drains, next := 0, make(chan bool)
				c, socket := busy(t, next, func() { drains++ })
				overflow(socket)
				synctest.Wait()
				end(c, socket, next)
				synctest.Wait() // the Close waits after the messages
				for got := c.next(); !strings.HasPrefix(got, "close 4001"); got = c.next() {
					if got == "EOF" {
						t.Fatal("the connection is closed with 4001; it was not")
					}
				}
				synctest.Wait()
				if drains != 0 {
					t.Errorf("no Drain comes on a closing connection; got %d", drains)
				}
			})
		})
	}
}

func TestDrainNotAfterEarlyClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		drains, taken := 0, 0
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{})
				taken = overflow(socket)
				_ = socket.Close(4001, "")
			},
			OnDrain: func(*linger.Drain) { drains++ },
		}, linger.Options{SendQueue: 5000})
		c := s.connect()
		c.swallow(taken)
		c.want("close 4001")
		synctest.Wait()
		if drains != 0 {
			t.Errorf("no Drain comes on a connection that is being closed; got %d", drains)
		}
	})
}

func TestDrainOfEarlySends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		drains := 0
		opts := dropping
		opts.HighWater = 2000
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{})
				overflow(socket)
			},
			OnDrain: func(*linger.Drain) { drains++ },
		}, opts)
		c := s.client()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
		c.ask()
		synctest.Wait()
		c.answer()
		c.swallow(5)
		if drains != 1 {
			t.Errorf("a Drain comes when what was sent early has left; got %d", drains)
		}
	})
}

func TestDrainInHalfOpenMode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		drains := 0
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, sockets),
			OnDrain:   func(*linger.Drain) { drains++ },
		}, dropping)
		c := s.connect()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
		socket := <-sockets
		taken := overflow(socket)
		c.close(protocol.CloseNormal, "")
		c.swallow(taken)
		if drains != 1 {
			t.Errorf("our half is open, the application may send on; got %d drain events", drains)
		}
		_ = socket.Close(protocol.CloseNormal, "")
	})
}

// drained serves a connection whose peer reads nothing yet, and counts its drain events.
func drained(t *testing.T, opts linger.Options) (c *client, socket *linger.Socket, drains chan int) {
	t.Helper()
	sockets := make(chan *linger.Socket, 1)
	drains = make(chan int, 100)
	s := serve(t, linger.HandlerFuncs{
		OnUpgrade: accept(linger.AcceptOptions{}, sockets),
		OnDrain:   func(d *linger.Drain) { drains <- d.Socket.Buffered() },
	}, opts)
	c = s.connect()
	c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
	return c, <-sockets, drains
}

func TestDrainAfterFullQueue(t *testing.T) {
	for name, opts := range map[string]linger.Options{
		"a full queue":         {SendQueue: 5000, Policy: linger.PolicyDrop},
		"above the high water": {Options: websocket.Options{HighWater: 3000}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, socket, drains := drained(t, opts)
				for range 2 {
					sent := 0
					for range 6 {
						if socket.Send(linger.Text(text(1000))) == nil {
							sent++
						}
					}
					synctest.Wait()
					if len(drains) > 0 {
						t.Error("no Drain comes while a frame waits")
					}
					for range sent {
						c.want("text " + text(1000))
					}
					synctest.Wait()
					if n := len(drains); n != 1 {
						t.Fatalf("one Drain comes when the queue is empty; got %d", n)
					}
					if left := <-drains; left != 0 {
						t.Errorf("nothing waits then; got %d bytes", left)
					}
				}
			})
		})
	}
}

func TestDrainNotWithoutFullQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, socket, drains := drained(t, linger.Options{SendQueue: 5000})
		for range 4 {
			_ = socket.Send(linger.Text(text(1000)))
		}
		for range 4 {
			c.want("text " + text(1000))
		}
		synctest.Wait()
		if n := len(drains); n != 0 {
			t.Errorf("the queue was never full; got %d", n)
		}
	})
}

func TestSocketBuffered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var socket *linger.Socket
		var early int
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ = u.Accept(linger.AcceptOptions{})
			for _, n := range []int{0, 125, 126, 65535, 65536} {
				_ = socket.Send(linger.Text(text(n)))
			}
			early = socket.Buffered()
		}}, linger.Options{})
		c := s.client()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1)
		c.ask()
		synctest.Wait()
		const wire = 2 + 2 + 125 + 4 + 126 + 4 + 65535 + 10 + 65536
		if early != wire {
			t.Errorf("what waits are %d bytes of frames; got %d", wire, early)
		}
		_ = socket.CloseDiscard(4001, "")
	})
}

func TestSocketCloseDiscard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, socket, _ := drained(t, linger.Options{})
		for range 100 {
			_ = socket.Send(linger.Text(text(10_000)))
		}
		if err := socket.CloseDiscard(1005, ""); err == nil {
			t.Error("a code that may not be sent is refused")
		}
		if err := socket.CloseDiscard(4001, "enough"); err != nil {
			t.Error(err)
		}
		frames := 0
		for got := c.next(); got != "close 4001 enough"; got = c.next() {
			if frames++; frames > 3 {
				t.Fatalf("the Close comes after what the transport has; got %d messages", frames)
			}
		}
	})
}

func TestSocketCloseDiscardEarly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{})
			_ = socket.Send(linger.Text("too late"))
			_ = socket.CloseDiscard(4001, "enough")
		}}, linger.Options{})
		s.connect().want("close 4001 enough")
	})
}
