package linger_test

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestThousandConnectionsLeaveNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 1000
		accepted := make(chan *linger.Socket, many)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
				if u.Request.Header.Get("Fail") != "" {
					panic("no")
				}
				accepted <- socket
			},
			OnMessage: func(*linger.Message) { panic("no") },
		}, linger.Options{})
		synctest.Wait()
		before := goroutines()
		failed := 0
		for i := range many {
			if i%(len(endings)+2) == 0 {
				failed++
				c := s.client()
				c.request("Fail: yes")
				_ = c.nc.Close()
				continue
			}
			c := s.connect()
			socket := <-accepted
			go func() {
				if e := i%(len(endings)+2) - 1; e < len(endings) {
					endings[e].act(c, socket)
				} else {
					c.text("panic")
				}
				for c.next() != "EOF" && c.r.Buffered() > 0 {
				}
				_ = c.nc.Close()
			}()
		}
		causes := map[protocol.Cause]int{}
		for range many {
			causes[s.end().Cause]++
		}
		if causes[linger.CauseHandshake] != failed || len(causes) < 6 {
			t.Errorf("every connection has its close event, of every kind; got %v", causes)
		}
		s.wantEmpty()
		s.wantNoEnd()
		if n, _ := s.Publish("lobby", linger.Text("x")); n != 0 {
			t.Errorf("no subscription is left; got %d", n)
		}
		time.Sleep(time.Minute) // longer than any timer that is left
		synctest.Wait()
		if after := goroutines(); after != before {
			t.Errorf("no goroutine is left; there were %d and are %d", before, after)
		}
	})
}

// goroutines counts those of the bubble, without the runtime's own.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("synctest bubble"))
}
