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

func TestServerReload(t *testing.T) {
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

func TestServerReloadEventInProgress(t *testing.T) {
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
			t.Errorf("Reload returns an error if the old handler is not done; got %v", err)
		}
		c.text("b")
		other.text("c")
		other.want("text two c") // other connections do not wait
		began := time.Now()
		if err := s.Reload(t.Context(), version("three ")); err != nil || time.Since(began) > 0 {
			t.Errorf("the second handler is done at once; got %v after %v", err, time.Since(began))
		}
		c.want("text one a", "text three b")
	})
}

func TestServerReloadWithTraffic(t *testing.T) {
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

func TestServerReloadConcurrently(t *testing.T) {
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

// The second message of a client may be in the event queue when the handler changes: then
// the new handler gets it, after the first message.
func TestServerReloadMessageOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many, handlers = 100, 20
		var mu sync.Mutex
		var handled []string // by whom
		app := func(name int) linger.HandlerFuncs {
			return linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
				time.Sleep(time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if m.String() != strconv.Itoa(len(handled)) {
					t.Errorf("message %d is next; handler %d got %s", len(handled), name, m)
				}
				handled = append(handled, strconv.Itoa(name))
			}}
		}
		s := serve(t, app(0), quiet)
		c := s.connect()
		for i := range many {
			c.text(strconv.Itoa(i))
		}
		for i := range handlers {
			time.Sleep(3 * time.Millisecond)
			began := time.Now()
			if err := s.Reload(context.Background(), app(i+1)); err != nil || time.Since(began) > time.Millisecond {
				t.Errorf("Reload waits for the message that is being handled, for no other; got %v after %v", err, time.Since(began))
			}
			mu.Lock()
			if last := handled[len(handled)-1]; last != strconv.Itoa(i) {
				t.Errorf("what is done when Reload returns, handler %d has done; got %s", i, last)
			}
			mu.Unlock()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(handled) != many {
			t.Errorf("each of %d messages is handled once; got %d", many, len(handled))
		}
		if last := handled[many-1]; last != strconv.Itoa(handlers) {
			t.Errorf("the last handler has the last message; it was handler %s", last)
		}
	})
}

func TestServerReloadInHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		errs := make(chan error, 1)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			errs <- m.Server.Reload(ctx, version("two "))
		}}, quiet)
		c := s.connect()
		c.text("reload")
		c.text("a")
		wantError(t, "the handler that calls Reload is not done", <-errs, context.DeadlineExceeded)
		c.want("text two a")
	})
}

func TestServerReloadWithEndedContext(t *testing.T) {
	s := linger.NewServer(version(""), linger.Options{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if err := s.Reload(ended, version("")); err != nil {
			t.Fatalf("Reload waits for nothing; got %v", err)
		}
	}
}

func TestServerReloadUpgradeInProgress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		old := version("one ")
		old.OnUpgrade = func(u *linger.Upgrade) {
			<-next
			_, _ = u.Accept(linger.AcceptOptions{Data: "from one"})
		}
		s := serve(t, old, quiet)
		c := s.client()
		c.ask()
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			done <- s.Reload(context.Background(), linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
				v, _ := linger.Data[string](m.Socket)
				_ = m.Socket.Send(linger.Text("two, " + v))
			}})
		}()
		synctest.Wait()
		if len(done) > 0 {
			t.Error("Reload waits for an upgrade handler, too; it did not")
		}
		close(next)
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.answer()
		c.text("hello")
		c.want("text two, from one")
	})
}

func TestServerReloadAfterPanic(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { panic("no") }}, quiet)
		c := s.connect()
		c.text("panic")
		c.want("close 1011 internal error")
		synctest.Wait()
		began := time.Now()
		if err := s.Reload(context.Background(), version("two ")); err != nil || time.Since(began) > 0 {
			t.Errorf("nothing is left to wait for; got %v after %v", err, time.Since(began))
		}
	})
}
