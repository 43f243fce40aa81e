package linger_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

func TestIdleTimeout(t *testing.T) {
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
		c.ping("alive") // the client is there, but it has nothing to say
		c.want("pong alive", "close 1001 idle timeout")
		if took := time.Since(began); took != 28*time.Second {
			t.Errorf("a connection is closed 10 s after the last message; it was %v after the first", took)
		}
	})
}

func TestMaxLifetime(t *testing.T) {
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

func TestNoTimerOutlivesItsConnection(t *testing.T) {
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
