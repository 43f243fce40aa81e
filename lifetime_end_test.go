package linger_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

func TestAHalfOpenConnectionIsLeftToItsOwnTimer(t *testing.T) {
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

func TestAHandlerAtWorkIsNotIdle(t *testing.T) {
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

func TestAnEndedConnectionIsNotKeptByItsTimer(t *testing.T) {
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
