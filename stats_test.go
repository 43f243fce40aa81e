package linger_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

func TestSocketStats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"b", "a"}}, sockets), OnMessage: echo,
		}, linger.Options{Stats: true})
		opened := time.Now()
		c := s.connect()
		socket := <-sockets
		if got := socket.Stats(); !got.Opened.Equal(opened) || !got.LastActivity.Equal(opened) || len(got.Recent) != 0 {
			t.Errorf("a new connection has its beginning and no messages; got %+v", got)
		}
		for i := range 10 { // more than there is room for, in both directions
			time.Sleep(time.Second)
			c.binary(make([]byte, i+1))
			c.want(fmt.Sprintf("binary %s", make([]byte, i+1)))
			synctest.Wait()
		}
		time.Sleep(time.Second)
		c.text("last")
		c.want("text last")
		synctest.Wait()
		got := socket.Stats()
		if want := (linger.Traffic{Messages: 11, Bytes: 55 + 4}); got.Received != want || got.Sent != want {
			t.Errorf("the traffic is %+v in each direction; got %+v and %+v", want, got.Received, got.Sent)
		}
		if want := opened.Add(11 * time.Second); !got.LastActivity.Equal(want) || fmt.Sprint(got.Channels) != "[a b]" {
			t.Errorf("the last activity was at %v, and the channels are sorted; got %+v", want, got)
		}
		if len(got.Recent) != 16 {
			t.Fatalf("the last 16 messages are kept; got %d", len(got.Recent))
		}
		for i, m := range got.Recent {
			n := 3 + i/2 // the number of the message
			want := linger.RecentMessage{Time: opened.Add(time.Duration(n+1) * time.Second), Sent: i%2 == 1, Binary: n < 10, Size: n + 1}
			if n == 10 {
				want.Size = 4
			}
			if !m.Time.Equal(want.Time) || m.Sent != want.Sent || m.Binary != want.Binary || m.Size != want.Size {
				t.Errorf("message %d of the last is %+v; got %+v", i, want, m)
			}
		}
	})
}
