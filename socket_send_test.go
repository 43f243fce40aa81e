package linger_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// stuck returns a service with one socket whose peer does not read, and whose
// transport takes almost nothing.
func stuck(t *testing.T, policy linger.Policy) (*service, *client, *linger.Socket) {
	t.Helper()
	sockets := make(chan *linger.Socket, 1)
	opts := linger.Options{SendQueue: 10 << 10, Policy: policy}
	opts.KeepAlive = -1 // the peers of these tests answer no pings
	s := serve(t, linger.HandlerFuncs{
		OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets),
	}, opts)
	c := s.connect()
	c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1)
	synctest.Wait()
	return s, c, <-sockets
}

// fill sends messages of 1 KiB until one is refused.
func fill(socket *linger.Socket) (taken int, err error) { return fillBy(socket, 1<<10) }

func fillBy(socket *linger.Socket, size int) (taken int, err error) {
	for err == nil && taken < 1000 {
		if err = socket.Send(linger.Text(text(size))); err == nil {
			taken++
		}
	}
	return taken, err
}

func TestSocketSendPolicyClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyClose)
		taken, err := fill(socket)
		wantError(t, "the message that does not fit is refused", err, linger.ErrQueueFull)
		if taken < 10 || taken > 11 {
			t.Errorf("the queue takes Options.SendQueue and one message more at the most; it took %d KiB", taken)
		}
		wantError(t, "the connection is closing now", socket.Send(linger.Text("x")), linger.ErrClosed)
		if n, _ := s.Publish("lobby", linger.Text("x")); n != 0 {
			t.Errorf("it takes no publication; got %d", n)
		}
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		for range taken {
			c.want("text " + text(1<<10))
		}
		c.want("close 1013 reading too slowly")
		c.close(protocol.CloseTryAgainLater, "")
		c.want("EOF")
		if end := s.end(); !end.Clean || end.Sent.Code != protocol.CloseTryAgainLater {
			t.Errorf("a slow reader that reads after all is closed in order; got %+v", end.Outcome)
		}
	})
}

func TestSocketSendPolicyDrop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, c, socket := stuck(t, linger.PolicyDrop)
		taken, err := fill(socket)
		wantError(t, "the message that does not fit is dropped", err, linger.ErrQueueFull)
		if state := socket.State(); state != protocol.StateOpen {
			t.Errorf("the connection stays open; it is %v", state)
		}
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		for range taken {
			c.want("text " + text(1<<10))
		}
		if err := socket.Send(linger.Text("room again")); err != nil {
			t.Errorf("an empty queue takes messages again; got %v", err)
		}
		c.want("text room again")
	})
}

func TestSocketSendPolicyBlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, c, socket := stuck(t, linger.PolicyBlock)
		const many = 50
		sent := 0
		go func() {
			for range many {
				if err := socket.Send(linger.Text(text(1 << 10))); err != nil {
					t.Errorf("a blocked sender goes on when there is room; got %v", err)
				}
				sent++
			}
		}()
		synctest.Wait()
		if sent < 10 || sent > 11 {
			t.Errorf("the sender waits at the bound; it has sent %d KiB", sent)
		}
		for range many {
			c.want("text " + text(1<<10))
		}
	})
}

func TestSocketSendPolicyBlockUntilEnd(t *testing.T) {
	for name, end := range map[string]func(c *client, socket *linger.Socket){
		"CloseNow":                func(_ *client, socket *linger.Socket) { socket.CloseNow() },
		"Close":                   func(_ *client, socket *linger.Socket) { _ = socket.Close(4001, "") },
		"the peer's Close":        func(c *client, _ *linger.Socket) { c.close(4001, "") },
		"a violation of the peer": func(c *client, _ *linger.Socket) { c.write([]byte{0x83, 0x80, 0, 0, 0, 0}) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, c, socket := stuck(t, linger.PolicyBlock)
				ended := make(chan error, 1)
				go func() {
					_, err := fill(socket)
					ended <- err
				}()
				synctest.Wait()
				began := time.Now()
				end(c, socket)
				wantError(t, "a sender does not wait for a connection that is closing or gone", <-ended, linger.ErrClosed)
				if waited := time.Since(began); waited > 0 {
					t.Errorf("it gets the error at once; it took %v", waited)
				}
				s.end()
			})
		})
	}
}

func TestSocketSendPolicyBlockStalledPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, socket := stuck(t, linger.PolicyBlock)
		began := time.Now()
		_, err := fill(socket)
		wantError(t, "the sender gets the error", err, linger.ErrClosed)
		if waited := time.Since(began); waited < 30*time.Second || waited > 31*time.Second {
			t.Errorf("a peer that takes nothing is waited for 30 s; it was %v", waited)
		}
		if end := s.end(); end.Cause != websocket.CauseStalled {
			t.Errorf("then it is cut; got %+v", end.Outcome)
		}
	})
}

func TestSocketSendPolicyBlockSlowPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, c, socket := stuck(t, linger.PolicyBlock)
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(10)
		go func() { // 1 KB/s
			for {
				time.Sleep(10 * time.Millisecond)
				if _, err := c.nc.Read(make([]byte, 10)); err != nil {
					return
				}
			}
		}()
		defer time.Sleep(time.Second) // the reader sees the end
		defer socket.CloseNow()
		began := time.Now()
		for _, size := range []int{100 << 10, 1} {
			if err := socket.Send(linger.Text(text(size))); err != nil {
				t.Fatalf("a reader that makes progress is waited for; after %v the sender got %v", time.Since(began), err)
			}
		}
		if waited := time.Since(began); waited < time.Minute {
			t.Errorf("the second message waits for the first to leave; it took %v", waited)
		}
	})
}

func TestServerPublishNeverBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, _ := stuck(t, linger.PolicyBlock)
		quick := s.connect()
		began := time.Now()
		for i := range 100 {
			if _, err := s.Publish("lobby", linger.Text(text(1<<10))); err != nil {
				t.Fatalf("Publish does not fail for a slow subscriber; got %v", err)
			}
			quick.want("text " + text(1<<10))
			if waited := time.Since(began); waited > 0 {
				t.Fatalf("Publish never waits; publication %d took %v", i, waited)
			}
		}
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		for got := c.next(); got != "close 1013 reading too slowly"; got = c.next() {
			if got == "EOF" {
				t.Fatal("the slow subscriber is closed with 1013; it was not")
			}
		}
	})
}

func TestSocketSendFullAfterClose(t *testing.T) {
	ends := map[string]func(c *client, socket *linger.Socket){
		"our Close": func(_ *client, socket *linger.Socket) { _ = socket.Close(4001, "") },
		"the peer's Close": func(c *client, _ *linger.Socket) {
			c.close(4001, "")
			synctest.Wait() // our answer waits after the messages
		},
	}
	for name, policy := range map[string]linger.Policy{
		"close": linger.PolicyClose, "drop": linger.PolicyDrop, "block": linger.PolicyBlock,
	} {
		for who, end := range ends {
			t.Run(name+" after "+who, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					_, c, socket := stuck(t, policy)
					for range 10 {
						_ = socket.Send(linger.Text(text(1 << 10)))
					}
					end(c, socket)
					began := time.Now()
					wantError(t, "nothing is sent after a Close", socket.Send(linger.Text("x")), linger.ErrClosed)
					if waited := time.Since(began); waited > 0 {
						t.Errorf("there is nothing to wait for; it took %v", waited)
					}
				})
			})
		}
	}
}

func TestSocketSendFullAfterEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyBlock)
		for range 10 {
			_ = socket.Send(linger.Text(text(1 << 10)))
		}
		c.write([]byte{0x83, 0x80, 0, 0, 0, 0})
		s.end() // our Close has not left yet
		began := time.Now()
		wantError(t, "nothing is sent after the end", socket.Send(linger.Text("x")), linger.ErrClosed)
		if waited := time.Since(began); waited > 0 {
			t.Errorf("there is nothing to wait for; it took %v", waited)
		}
	})
}

func TestSocketSendInvalidUTF8(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		broken := linger.Text("\xff")
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
			wantError(t, "broken text is refused before the 101", socket.Send(broken), protocol.ErrText)
			sockets <- socket
		}}, linger.Options{})
		c := s.connect()
		wantError(t, "broken text is refused", (<-sockets).Send(broken), protocol.ErrText)
		_, err := s.Publish("lobby", broken)
		wantError(t, "broken text is not published", err, protocol.ErrText)
		if n, err := s.Publish("lobby", linger.Binary([]byte("\xff"))); n != 1 || err != nil {
			t.Errorf("the connection is as it was, and takes any bytes as binary; got %d, %v", n, err)
		}
		c.want("binary \xff")
	})
}
