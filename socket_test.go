package linger_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

func TestSocketRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Data: 7}, sockets)}, linger.Options{Node: "n1"})
		c := s.connect("Cookie: a=1", "X-Own: yes")
		socket := <-sockets
		for what, got := range map[string]string{
			"URL":           socket.URL().String(),
			"Header":        socket.Header().Get("Cookie") + socket.Header().Get("X-Own"),
			"RemoteAddr":    socket.RemoteAddr(),
			"Subprotocol":   socket.Subprotocol(),
			"node of an ID": strings.Split(socket.ID(), ".")[0],
		} {
			want := map[string]string{
				"URL": "http://linger.test/chat?room=1", "Header": "a=1yes", "RemoteAddr": c.nc.LocalAddr().String(),
				"Subprotocol": "", "node of an ID": "n1",
			}[what]
			if got != want {
				t.Errorf("the %s is %q; got %q", what, want, got)
			}
		}
		if s.Socket(socket.ID()) != socket || s.Socket("n1.unknown") != nil {
			t.Error("a socket is found by its id, and no other is; it was otherwise")
		}
	})
}

func TestDataBetweenEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{Data: 1}, nil),
			OnMessage: func(m *linger.Message) {
				count, _ := linger.Data[int](m.Socket)
				_ = m.Socket.SetData(count + 1)
			},
		}, linger.Options{})
		c := s.connect()
		c.text("one more")
		c.text("and one")
		c.leave()
		if got, err := linger.Data[int](s.end().Socket); got != 3 || err != nil {
			t.Errorf("the application's value lasts until the close event, and after it; got %v, %v", got, err)
		}
	})
}

func TestSocketAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnClose: func(c *linger.Close) {
			wantError(t, "sends are dropped in the close handler", c.Socket.Send(linger.Text("x")), linger.ErrClosed)
			if c.Server.Socket(c.Socket.ID()) != c.Socket {
				t.Error("the socket is known until its close event is handled; it is not")
			}
		}}, linger.Options{})
		c := s.connect()
		c.leave()
		socket := s.end().Socket
		s.wantEmpty()
		wantError(t, "sends are dropped after the end", socket.Send(linger.Text("x")), linger.ErrClosed)
		wantError(t, "Close has no effect", socket.Close(protocol.CloseNormal, ""), nil)
		wantError(t, "an illegal code is still refused", socket.Close(999, ""), protocol.ErrCloseCode)
		socket.CloseNow()
		socket.Unsubscribe("lobby")
		if socket.State() != protocol.StateClosed || socket.Buffered() != 0 {
			t.Errorf("the socket is CLOSED and empty; got %v, %d", socket.State(), socket.Buffered())
		}
		if s.Socket(socket.ID()) != nil {
			t.Error("it is not found any more; it is")
		}
		s.wantNoEnd()
	})
}

func TestSocketState(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, c, socket := stuck(t, linger.PolicyClose)
		if socket.State() != protocol.StateOpen || socket.Buffered() != 0 {
			t.Errorf("a new connection is OPEN and empty; got %v, %d", socket.State(), socket.Buffered())
		}
		_ = socket.Send(linger.Text(text(100)))
		synctest.Wait()
		if n := socket.Buffered(); n < 90 || n > 102 {
			t.Errorf("what the transport does not take is buffered; got %d bytes", n)
		}
		wantError(t, "a reason of 124 bytes is refused", socket.Close(4001, text(124)), protocol.ErrCloseReason)
		if socket.State() != protocol.StateOpen {
			t.Error("a refused Close changes nothing; it did")
		}
		_ = socket.Close(4001, "")
		if state := socket.State(); state != protocol.StateClosing {
			t.Errorf("after Close the connection is CLOSING; got %v", state)
		}
		_ = c.nc.Close()
	})
}

func TestServerIdleTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets)},
			linger.Options{IdleTimeout: 10 * time.Second})
		c := s.connect()
		socket := <-sockets
		began := time.Now()
		for _, stir := range []func(){
			func() { c.text("hello") },
			func() { _ = socket.Send(linger.Text("hello")); c.want("text hello") },
			func() { _, _ = s.Publish("lobby", linger.Text("all")); c.want("text all") },
		} {
			stir()
			time.Sleep(9 * time.Second)
			s.wantNoEnd()
		}
		c.ping("alive") // the client is there, but sends no message
		c.want("pong alive", "close 1001 idle timeout")
		if took := time.Since(began); took != 28*time.Second {
			t.Errorf("a connection is closed 10 s after the last message; it was %v after the first", took)
		}
	})
}

// Keep-alive pings a client that sends nothing, and its pongs are not messages.
func TestServerIdleTimeoutPongs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const idle = 5 * time.Minute
		s := serve(t, linger.HandlerFuncs{}, linger.Options{IdleTimeout: idle, Options: websocket.Options{KeepAlive: 30 * time.Second}})
		c := s.connect()
		began := time.Now()
		pongs := 0
		for pongs < 100 {
			op, payload, err := c.frame()
			if err != nil {
				t.Fatalf("the connection is closed; got %v", err)
			}
			if op == protocol.CloseFrame {
				break
			}
			c.write(frame(protocol.Pong, payload))
			pongs++
		}
		if took := time.Since(began); took != idle || pongs < 5 {
			t.Errorf("a connection without messages is closed after %v; it was closed after %v and %d pongs", idle, took, pongs)
		}
	})
}

func TestServerMaxLifetime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const most = 100 * time.Second
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{
			Options: websocket.Options{KeepAlive: -1}, MaxLifetime: most, IdleTimeout: time.Hour,
		})
		first, second := time.Duration(0), time.Duration(0)
		for _, age := range []*time.Duration{&first, &second} {
			c := s.connect()
			began := time.Now()
			c.want("close 1012 maximum lifetime")
			*age = time.Since(began)
			if *age < most*9/10 || *age > most*11/10 {
				t.Errorf("a connection lives %v, give or take a tenth; it was %v", most, *age)
			}
		}
		if first == second {
			t.Errorf("no two live equally long; both were %v", first)
		}
	})
}

func TestServerLifetimeJitter(t *testing.T) {
	for _, c := range []struct{ jitter, least, most float64 }{{-1, 1, 1}, {0.5, 0.5, 1.5}, {1, 0, 2}, {7, 0, 2}} {
		bubble(t, func(t *testing.T) {
			const lifetime = 100 * time.Second
			s := serve(t, linger.HandlerFuncs{}, linger.Options{Options: websocket.Options{KeepAlive: -1}, MaxLifetime: lifetime, LifetimeJitter: c.jitter})
			began := time.Now()
			for range 100 {
				c := s.connect()
				go func() { c.want("close 1012 maximum lifetime"); _ = c.nc.Close() }()
			}
			least, most := time.Hour, time.Duration(0)
			for range 100 {
				s.end()
				least, most = min(least, time.Since(began)), max(most, time.Since(began))
			}
			lower, upper := time.Duration(c.least*float64(lifetime)), time.Duration(c.most*float64(lifetime))
			if least < lower || most > upper || most-least < (upper-lower)*2/3 {
				t.Errorf("with a jitter of %v connections live from %v to %v; it was %v to %v", c.jitter, lower, upper, least, most)
			}
		})
	}
}

func TestServerMaxLifetimeStopsTimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{MaxLifetime: time.Hour, IdleTimeout: time.Minute})
		c := s.connect()
		c.leave()
		s.end()
		synctest.Wait()
		time.Sleep(3 * time.Hour)
		s.wantNoEnd()
	})
}

func TestServerIdleTimeoutHalfOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, nil)}, linger.Options{
			Options: websocket.Options{HalfOpenTimeout: time.Minute}, IdleTimeout: 10 * time.Second, MaxLifetime: 20 * time.Second,
		})
		c := s.connect()
		c.close(4001, "bye")
		began := time.Now()
		c.want("close 4001 bye")
		if took := time.Since(began); took != time.Minute {
			t.Errorf("a half-open connection ends after HalfOpenTimeout, not when it is idle or old; it took %v", took)
		}
		s.end()
	})
}

func TestServerIdleTimeoutBusyHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const work = 25 * time.Second
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			time.Sleep(work)
			echo(m)
		}}, linger.Options{Options: websocket.Options{CloseTimeout: time.Minute, KeepAlive: -1}, IdleTimeout: 10 * time.Second})
		c := s.connect()
		c.text("first")
		c.want("text first") // although nothing has come or gone for longer than the bound
		c.text("second")
		time.Sleep(time.Second)
		c.close(4001, "bye") // it waits for the handler, and for nothing else
		c.want("text second", "close 4001 bye", "EOF")
		s.end()
	})
}

func TestServerIdleTimeoutReleasesConnection(t *testing.T) {
	var ended weak.Pointer[linger.Socket]
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{IdleTimeout: time.Hour, MaxLifetime: 24 * time.Hour})
		s.connect().leave()
		ended = weak.Make(s.end().Socket)
		s.wantEmpty()
		time.Sleep(time.Minute) // the driver's own timers
		synctest.Wait()
		for range 3 {
			runtime.GC()
		}
		if ended.Value() != nil {
			t.Error("a connection that has ended leaves no timer; it is still in memory")
		}
	})
}
