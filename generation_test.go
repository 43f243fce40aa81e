package linger_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

// version echoes with its name in front.
func version(name string) linger.HandlerFuncs {
	return linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		_ = m.Socket.Send(linger.Text(name + m.String()))
	}}
}

func TestReloadKeepsConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, version("one "), linger.Options{})
		c := s.connect()
		c.text("a")
		c.want("text one a")
		if err := s.Reload(t.Context(), version("two ")); err != nil {
			t.Error(err)
		}
		c.text("b")
		c.want("text two b")
		if n := s.Count(); n != 1 {
			t.Errorf("the connection stays; there are %d", n)
		}
	})
}

func TestWhatHasBegunFinishesWhereItBegan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		slow := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			time.Sleep(time.Minute)
			_ = m.Socket.Send(linger.Text("one " + m.String()))
		}}
		s := serve(t, slow, quiet)
		c, other := s.connect(), s.connect()
		c.text("a")
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Reload(impatient, version("two ")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Reload tells that the old handler is not done; got %v", err)
		}
		c.text("b")
		other.text("c")
		other.want("text two c") // nobody else waits
		began := time.Now()
		if err := s.Reload(t.Context(), version("three ")); err != nil || time.Since(began) > 0 {
			t.Errorf("the second handler is done at once; got %v after %v", err, time.Since(began))
		}
		c.want("text one a", "text three b")
	})
}

func TestNoMessageIsLostOrHandledTwiceWhileHandlersChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 200
		s := serve(t, version(""), linger.Options{})
		var all sync.WaitGroup
		for range 10 {
			c := s.connect()
			all.Go(func() {
				for i := range many {
					c.text(strconv.Itoa(i))
					if i%10 == 0 {
						time.Sleep(time.Millisecond)
					}
				}
			})
			all.Go(func() {
				for i := range many {
					c.want("text " + strconv.Itoa(i))
				}
			})
		}
		for range 50 {
			time.Sleep(500 * time.Microsecond)
			if err := s.Reload(t.Context(), version("")); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
	})
}

func TestTwoReloadsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, version("one "), linger.Options{})
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if err := s.Reload(t.Context(), version("two ")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		c := s.connect()
		c.text("a")
		c.want("text two a")
	})
}
