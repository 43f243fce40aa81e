package linger_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// wantShutdown calls Shutdown and checks its result and how long it took.
func wantShutdown(t *testing.T, s *service, want error, least, most time.Duration) {
	t.Helper()
	began := time.Now()
	wantError(t, "the shutdown's result", s.Shutdown(t.Context()), want)
	if took := time.Since(began); took < least || took > most {
		t.Errorf("the shutdown takes %v to %v; it took %v", least, most, took)
	}
}

// answerClose answers the Close of a server, as a browser does.
func (c *client) answerClose() {
	for {
		op, payload, err := c.frame()
		if err != nil {
			_ = c.nc.Close()
			return
		}
		if op == protocol.CloseFrame {
			c.write(frame(protocol.CloseFrame, payload))
		}
	}
}

func TestServerShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 100
		handled := make(chan bool, many)
		s := serve(t, linger.HandlerFuncs{OnClose: func(*linger.Close) {
			time.Sleep(time.Second) // the shutdown waits for it
			handled <- true
		}}, linger.Options{})
		for range many {
			go s.connect().answerClose()
		}
		synctest.Wait()
		wantShutdown(t, s, nil, time.Second, 2*time.Second)
		if len(handled) != many {
			t.Errorf("every close event has been handled; %d of %d were", len(handled), many)
		}
		for range many {
			end := s.end()
			if want := (protocol.Status{Code: protocol.CloseGoingAway, Reason: "server shutting down"}); end.Sent != want || !end.Clean || end.First != protocol.Local {
				t.Fatalf("every peer gets 1001; got %+v", end.Outcome)
			}
		}
		s.wantEmpty()
	})
}

func TestServerShutdownIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		wantShutdown(t, s, nil, 0, 0)
		wantShutdown(t, s, nil, 0, 0) // a second one too
	})
}

func TestServerShutdownRefusesUpgrades(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := false
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(*linger.Upgrade) { asked = true }}, linger.Options{})
		wantShutdown(t, s, nil, 0, 0)
		r := s.client().request()
		if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || asked {
			t.Errorf("a new upgrade request is 503 with Retry-After, unseen by the handler; got %s, %v", r.Status, r.Header)
		}
	})
}

func TestServerShutdownIsPaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 1000
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		closed := make(chan time.Time, many)
		for range many {
			c := s.connect()
			go func() {
				if op, _, err := c.frame(); err == nil && op == protocol.CloseFrame {
					closed <- time.Now()
				}
				_ = c.nc.Close()
			}()
		}
		synctest.Wait()
		began := time.Now()
		wantShutdown(t, s, nil, 500*time.Millisecond, 3*time.Second)
		early := 0
		for range many {
			if (<-closed).Sub(began) < 100*time.Millisecond {
				early++
			}
		}
		if early > many/2 {
			t.Errorf("the clients are not all sent away at once; %d of %d were within 100 ms", early, many)
		}
	})
}

func TestServerShutdownAbortsSilentPeers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts := linger.Options{ShutdownTimeout: 2 * time.Second}
		s := serve(t, linger.HandlerFuncs{}, opts)
		c := s.connect()
		wantShutdown(t, s, nil, 1500*time.Millisecond, 2*time.Second)
		end := s.end()
		if end.Cause != linger.CauseShutdown || end.Sent.Code != protocol.CloseGoingAway || end.Received.Code != protocol.CloseAbnormal || end.Clean {
			t.Errorf("its transport is closed shortly before the bound; got %+v", end.Outcome)
		}
		if _, err := io.ReadAll(c.nc); err == nil {
			t.Error("nothing is left open; the client's transport is")
		}
		s.wantEmpty()
	})
}

func TestServerShutdownWithBlockedHandlers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { <-next }}, linger.Options{})
		c := s.connect()
		c.text("block")
		synctest.Wait()
		go c.answerClose()
		wantShutdown(t, s, linger.ErrShutdown, 10*time.Second, 10*time.Second)
		close(next)
		if end := s.end(); !end.Clean {
			t.Errorf("the handler did not keep the peer from its answer; got %+v", end.Outcome)
		}
		s.wantEmpty()
	})
}

func TestServerShutdownWakesBlockedSenders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyBlock)
		sender := make(chan error, 1)
		go func() {
			_, err := fill(socket)
			sender <- err
		}()
		synctest.Wait()
		wantShutdown(t, s, nil, 5*time.Second, 10*time.Second)
		wantError(t, "the sender gets the error", <-sender, linger.ErrClosed)
		_ = c.nc.Close()
		s.wantEmpty()
	})
}

func TestServerShutdownContextEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		c := s.connect()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		wantError(t, "the shutdown ends with its context", s.Shutdown(ctx), context.DeadlineExceeded)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it ends at once; it took %v", took)
		}
		if _, err := io.ReadAll(c.nc); err == nil {
			t.Error("nothing is left open; the client's transport is")
		}
		if end := s.end(); end.Cause != linger.CauseShutdown {
			t.Errorf("the transports are closed; got %+v", end.Outcome)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("they are closed at once; it took %v", took)
		}
		s.wantEmpty()
	})
}

func TestServerShutdownStopsPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		for range 500 {
			s.connect()
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = s.Shutdown(ctx)
		// The bubble ends here, and with it time: a goroutine that still sleeps between
		// two connections would never end, and fail the test.
	})
}

func TestServerShutdownDuringUpgrade(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		want  error
	}{
		"quick": {time.Second, nil},
		"slow":  {time.Minute, linger.ErrShutdown},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				sockets := make(chan *linger.Socket, 1)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
					time.Sleep(c.takes)
					accept(linger.AcceptOptions{}, sockets)(u)
				}}, linger.Options{UpgradeTimeout: -1})
				client := s.client()
				client.ask()
				synctest.Wait()
				wantShutdown(t, s, c.want, min(c.takes, 10*time.Second), min(c.takes, 10*time.Second))
				if r := client.answer(); r.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("no connection begins once the shutdown has; got %s", r.Status)
				}
				end := s.end()
				wantFailedHandshake(t, end)

				s.wantEmpty()
			})
		})
	}
}

func TestServerShutdownDuringAcceptedUpgrade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{})
			<-next
		}}, linger.Options{})
		client := s.client()
		client.ask()
		result := make(chan error, 1)
		synctest.Wait()
		go func() { result <- s.Shutdown(t.Context()) }()
		time.Sleep(time.Second)
		if len(result) > 0 {
			t.Error("the shutdown waits for an upgrade in flight; it did not")
		}
		close(next)
		client.answer()
		if err := <-result; err != nil {
			t.Errorf("the shutdown ends with the last close event; got %v", err)
		}
		if end := s.end(); errors.Is(end.Err, context.Canceled) {
			t.Errorf("the client was not gone; got %v", end.Err)
		}
		s.wantEmpty()
	})
}

func TestServerShutdownAfterDeclinedUpgrade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			time.Sleep(time.Second)
			_ = u.Respond(http.NotFound)
		}}, linger.Options{})
		client := s.client()
		client.ask()
		synctest.Wait()
		wantShutdown(t, s, nil, time.Second, time.Second)
		if r := client.answer(); r.StatusCode != http.StatusNotFound {
			t.Errorf("the application's answer stands; got %s", r.Status)
		}
	})
}

func TestServerShutdownWaitsForReplies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			time.Sleep(300 * time.Millisecond)
			echo(m)
			_ = m.Socket.Send(linger.Text("and more"))
		}}, linger.Options{})
		c := s.connect()
		for _, text := range []string{"1", "2", "3"} {
			c.text(text)
		}
		time.Sleep(100 * time.Millisecond) // the first is at work, the others wait
		over := make(chan error, 1)
		go func() { over <- s.Shutdown(t.Context()) }()
		c.want("text 1", "text and more", "text 2", "text and more", "text 3", "text and more", "close 1001 server shutting down")
		c.close(1001, "")
		if err := <-over; err != nil {
			t.Errorf("the shutdown is complete; got %v", err)
		}
		if end := s.end(); end.Cause != linger.CauseShutdown || !end.Clean {
			t.Errorf("the connection ends with its closing handshake; got %+v", end.Outcome)
		}
	})
}

// A client that continues to send does not delay the Close.
func TestServerShutdownClosesAfterQueuedEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			time.Sleep(100 * time.Millisecond)
			echo(m)
		}}, linger.Options{})
		c := s.connect()
		c.text("in time")
		synctest.Wait()
		over := make(chan error, 1)
		go func() { over <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		for range 50 {
			c.text("too late")
		}
		c.want("text in time", "close 1001 server shutting down")
		c.close(1001, "")
		if err := <-over; err != nil {
			t.Errorf("the shutdown is complete; got %v", err)
		}
	})
}

func TestServerShutdownLogsWhatItAborts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelInfo)
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { <-next }}, opts)
		for range 3 {
			c := s.connect()
			c.text("at work")
			synctest.Wait()
			c.text("waits")
			c.text("waits too")
		}
		synctest.Wait()
		wantShutdown(t, s, linger.ErrShutdown, 10*time.Second, 10*time.Second)
		for _, want := range []string{
			`replies dropped" connections=3 messages=6`, `connections are aborted" connections=3`,
			`were not handled" connections=3 messages=6 upgrades=0`,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has the numbers, %s; it has:\n%s", want, log)
			}
		}
		close(next)
	})
}

func TestServerShutdownLogsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelInfo)
		s := serve(t, linger.HandlerFuncs{}, opts)
		go s.connect().answerClose()
		synctest.Wait()
		wantShutdown(t, s, nil, 0, time.Second)
		if log.String() != "" {
			t.Errorf("nothing is cut off, so nothing is logged; the log is:\n%s", log)
		}
	})
}

func TestServerShutdownWaitsForRepliesOfBatch(t *testing.T) {
	begun, next := make(chan bool, 3), make(chan bool)
	s := serveTCP(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		begun <- true
		<-next
		echo(m)
	}}, linger.Options{ShutdownTimeout: time.Minute})
	c := s.connect()
	c.write(slices.Concat(frame(protocol.Text, []byte("1")), frame(protocol.Text, []byte("2")), frame(protocol.Text, []byte("3"))))
	<-begun
	over := make(chan error, 1)
	go func() { over <- s.Shutdown(t.Context()) }()
	for s.client().request().StatusCode != http.StatusServiceUnavailable { // it has begun
		time.Sleep(time.Millisecond)
	}
	close(next)
	c.want("text 1", "text 2", "text 3", "close 1001 server shutting down")
	c.close(1001, "")
	_ = c.nc.Close()
	if err := <-over; err != nil {
		t.Errorf("the shutdown is complete; got %v", err)
	}
}
