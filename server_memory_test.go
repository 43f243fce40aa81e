package linger_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// crowd connects clients that read nothing, subscribed to lobby.
func crowd(s *service, n int) (clients []*client) {
	for range n {
		c := s.connect()
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
		clients = append(clients, c)
	}
	return clients
}

// held returns how many bytes wait to be sent on all connections.
func held(s *service) (bytes int) {
	for socket := range s.Sockets("") {
		bytes += socket.Buffered()
	}
	return bytes
}

func TestServerMaxMemory(t *testing.T) {
	for name, policy := range map[string]linger.Policy{"close": linger.PolicyClose, "drop": linger.PolicyDrop, "block": linger.PolicyBlock} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const limit, size, many = 1 << 20, 8 << 10, 50
				opts, log := journal(slog.LevelInfo)
				opts.MaxMemory, opts.Policy = limit, policy
				s := serve(t, linger.HandlerFuncs{OnUpgrade: lobby(func(*linger.Upgrade) {})}, opts)
				crowd(s, many)
				most := 0
				for range 100 { // 40 MB, and no queue is over its own bound
					_, _ = s.Publish("lobby", linger.Text(text(size)))
					most = max(most, held(s))
				}
				synctest.Wait()
				if most > limit+many*(size+protocol.MaxHeader)*2 {
					t.Errorf("all hold little more than %d bytes together; they held %d", limit, most)
				}
				if n := s.Count(); n == 0 {
					t.Error("not all are closed: their share is enough for some; none is left")
				}
				if policy != linger.PolicyDrop && !strings.Contains(log.String(), "max-memory") {
					t.Errorf("the log contains why connections were closed; got\n%s", log)
				}
			})
		})
	}
}

func TestServerMaxMemoryCause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: lobby(func(*linger.Upgrade) {})}, linger.Options{MaxMemory: 10_000})
		c := crowd(s, 2)[0]
		for range 3 {
			_, _ = s.Publish("lobby", linger.Text(text(4000)))
		}
		synctest.Wait()
		go func() {
			for {
				if _, _, err := c.frame(); err != nil {
					return
				}
			}
		}()
		if end := s.end(); end.Cause != linger.CauseMemory {
			t.Errorf("the cause in the close event is that all held too much; got %+v", end.Outcome)
		}
	})
}

// A connection that holds less than its share is never closed because of others.
func TestServerMaxMemoryShare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 2)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, linger.Options{MaxMemory: 100_000})
		crowd(s, 2)
		modest, greedy := <-sockets, <-sockets
		for range 30 {
			_ = modest.Send(linger.Text(text(500)))
			_ = greedy.Send(linger.Text(text(10_000)))
		}
		synctest.Wait()
		if modest.State() != protocol.StateOpen || modest.Buffered() < 10_000 {
			t.Errorf("it goes on, with all that waits for it; it is %v with %d bytes", modest.State(), modest.Buffered())
		}
		if greedy.State() == protocol.StateOpen {
			t.Error("the other is closed; it is not")
		}
	})
}

func TestServerMaxMemoryFragments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const size, many = 50_000, 20
		s := serve(t, linger.HandlerFuncs{}, linger.Options{
			MaxMemory: size * many / 2, Options: websocket.Options{KeepAlive: -1},
		})
		begin := frame(protocol.Binary, make([]byte, size+1))
		for range many {
			c := s.connect()
			c.write(begin[:size])
			synctest.Wait()
		}
		time.Sleep(time.Minute) // no peer answers its Close
		n := s.Count()
		if n > many/2 || n < many/4 {
			t.Errorf("about half of them may begin such a message; %d are left", n)
		}
		for range many - n {
			if end := s.end(); end.Cause != linger.CauseMemory || end.Sent.Code != protocol.CloseTryAgainLater {
				t.Errorf("the others are closed with 1013 and their cause; got %+v", end.Outcome)
			}
		}
	})
}

func TestServerMaxMemoryExceededAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxMemory: 50_000})
		begun := frame(protocol.Binary, make([]byte, 100_000))[:60_000]
		for i := range 3 {
			s.connect().write(begun)
			if end := s.end(); end.Cause != linger.CauseMemory {
				t.Errorf("connection %d holds more than all may: it is closed because of that; got %+v", i, end.Outcome)
			}
			time.Sleep(time.Minute) // closing connections has ended
		}
	})
}

func TestServerMaxMemoryQueuedEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const size, many, count = 1000, 10, 400
		const onTheirWay = 3*32<<10 + 64<<10 // a read that is handled, one that waits, one that is kept, and the transport's
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { <-next }}, linger.Options{MaxMemory: 50_000})
		clients := crowd(s, many)
		written := make([]int, many)
		for i, c := range clients {
			go func() {
				for range count {
					if _, err := c.nc.Write(frame(protocol.Text, make([]byte, size))); err != nil {
						return
					}
					written[i]++
				}
			}()
		}
		synctest.Wait()
		total := 0
		for _, n := range written {
			total += n
		}
		if total*size > 50_000+many*onTheirWay {
			t.Errorf("a connection whose share waits is not read; %d bytes have been taken", total*size)
		}
		close(next)
		time.Sleep(time.Minute)
		synctest.Wait()
		for i, n := range written {
			if n != count {
				t.Errorf("it is read again when there is room; client %d could write %d messages", i, n)
			}
		}
	})
}

func TestServerMaxMemoryReleased(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{MaxMemory: 10_000})
		for range 100 { // more than the bound, one after the other
			c := s.connect()
			c.text(text(3000))
			c.want("text " + text(3000))
			begun := frame(protocol.Binary, make([]byte, 3000))
			c.write(begun[:2000])
			_ = c.nc.Close()
			if end := s.end(); end.Cause == linger.CauseMemory {
				t.Fatal("what has left and what has ended does not count; it did")
			}
		}
	})
}
