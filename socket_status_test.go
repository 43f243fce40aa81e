package linger_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestSocketTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, sockets)}, linger.Options{Stats: true})
		began := time.Now()
		c := s.connect()
		socket := <-sockets
		if got := socket.Opened(); !got.Equal(began) || !socket.LastActivity().Equal(began) {
			t.Errorf("a connection without messages was active when it was opened, %v; got %v and %v", began, got, socket.LastActivity())
		}
		time.Sleep(time.Minute)
		c.text("hello")
		synctest.Wait()
		if got := socket.LastActivity(); !got.Equal(began.Add(time.Minute)) {
			t.Errorf("a message that was received is activity; the last was %v, not %v", got, began.Add(time.Minute))
		}
		if socket.IsHalfOpen() {
			t.Error("a connection is not half-open before the peer's Close")
		}
		c.close(protocol.CloseNormal, "")
		synctest.Wait()
		if !socket.IsHalfOpen() {
			t.Error("a connection is half-open after the peer's Close")
		}
		wantError(t, "the application closes", socket.Close(protocol.CloseNormal, ""), nil)
		if socket.IsHalfOpen() {
			t.Error("a connection that the application has closed is not half-open any more")
		}
	})
}

func TestSocketPath(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, linger.Options{})
		for _, target := range []string{"/", "/a%2Fb/%20?x=1?y", "/%C3%A9?", "//a//b", "http://other.test/a;b?c=/d"} {
			c := s.client()
			c.write([]byte(strings.Replace(upgradeRequest(), "/chat?room=1", target, 1)))
			c.answer()
			socket := <-sockets
			if got, want := socket.Path(), socket.URL().EscapedPath(); got != want {
				t.Errorf("the path of %s is %s; got %s", target, want, got)
			}
		}
	})
}

func TestSocketTimesWithoutStats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, linger.Options{})
		s.connect()
		if socket := <-sockets; !socket.Opened().IsZero() || !socket.LastActivity().IsZero() {
			t.Errorf("nothing is recorded without Options.Stats; got %v and %v", socket.Opened(), socket.LastActivity())
		}
	})
}

func TestSocketTrySend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, c, socket := stuck(t, linger.PolicyClose)
		var err error
		taken := 0
		for ; err == nil && taken < 1000; taken++ {
			err = socket.TrySend(linger.Text(text(1 << 10)))
		}
		wantError(t, "a full queue takes no more", err, linger.ErrQueueFull)
		if state := socket.State(); state != protocol.StateOpen {
			t.Errorf("TrySend leaves the connection open also under PolicyClose; it is %v", state)
		}
		c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		for range taken - 1 {
			c.want("text " + text(1<<10))
		}
		wantError(t, "an empty queue takes messages again", socket.TrySend(linger.Text("room again")), nil)
		c.want("text room again")
	})
}

func TestServerChannels(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, sockets := members(t, 2, linger.HandlerFuncs{}, linger.Options{})
		wantError(t, "a socket subscribes", sockets[0].Subscribe("alone"), nil)
		if got := s.Channels(); len(got) != 2 || got["alone"] != 1 || got["lobby"] != 2 {
			t.Errorf("the channels are alone with 1 subscriber and lobby with 2; got %v", got)
		}
		sockets[0].Unsubscribe("alone")
		if got := s.Channels(); len(got) != 1 {
			t.Errorf("a channel without subscribers is no longer listed; got %v", got)
		}
	})
}
