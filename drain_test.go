package linger_test

import (
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

// drained serves a connection whose peer reads nothing yet, and notes its drain events.
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

func TestDrainTellsOnceThatAFullQueueIsEmpty(t *testing.T) {
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
						t.Error("nothing is told while something waits")
					}
					for range sent {
						c.want("text " + text(1000))
					}
					synctest.Wait()
					if n := len(drains); n != 1 {
						t.Fatalf("it is told once that the queue is empty; got %d times", n)
					}
					if left := <-drains; left != 0 {
						t.Errorf("nothing waits then; got %d bytes", left)
					}
				}
			})
		})
	}
}

func TestDrainTellsNothingOfAQueueThatWasNotFull(t *testing.T) {
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

func TestBufferedIsTrueToTheByteBeforeThe101AndBehindIt(t *testing.T) {
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

func TestAClosingThatDiscardsOvertakesTheBacklog(t *testing.T) {
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
				t.Fatalf("the Close comes behind what the transport has; got %d messages", frames)
			}
		}
	})
}

func TestAnEarlyClosingThatDiscardsLeavesOnlyTheClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{})
			_ = socket.Send(linger.Text("too late"))
			_ = socket.CloseDiscard(4001, "enough")
		}}, linger.Options{})
		s.connect().want("close 4001 enough")
	})
}
