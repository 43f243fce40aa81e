package linger_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// drainResult is what a call of Drain in the background returns.
type drainResult chan error

// drain calls Drain in the background.
func (s *service) drain(ctx context.Context, opts linger.DrainOptions) drainResult {
	result := make(drainResult, 1)
	go func() { result <- s.Drain(ctx, opts) }()
	synctest.Wait()
	return result
}

// wantState fails the test if the drain is not in a state.
func (s *service) wantState(want linger.DrainState) linger.DrainStatus {
	s.t.Helper()
	synctest.Wait()
	got := s.DrainStatus()
	if got.State != want {
		s.t.Errorf("the drain is %q, expected %q: %+v", got.State, want, got)
	}
	return got
}

// connectMany opens connections whose clients answer the server's Close.
func (s *service) connectMany(n int) {
	for range n {
		go s.connect().answerClose()
	}
	synctest.Wait()
}

// endTimes returns when the next n close events come, after a time, and checks what each has.
func (s *service) endTimes(n int, after time.Time, want protocol.Status) []time.Duration {
	s.t.Helper()
	var times []time.Duration
	for range n {
		end := s.end()
		if end.Sent != want || !end.Clean || end.First != protocol.Local || end.Cause != linger.CauseDrain {
			s.t.Fatalf("a connection ends with %+v, expected Close %v and the cause drain", end.Outcome, want)
		}
		times = append(times, time.Since(after))
	}
	return times
}

var drainClose = protocol.Status{Code: protocol.CloseServiceRestart, Reason: "server draining"}

func TestServerDrainIsEven(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many, seconds = 1200, 60
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(many)
		began := time.Now()
		result := s.drain(t.Context(), linger.DrainOptions{Delay: 5 * time.Second})
		s.wantNoEnd()
		var perSecond [seconds + 1]int
		for _, at := range s.endTimes(many, began.Add(5*time.Second), drainClose) {
			if at < 0 || at > seconds*time.Second {
				t.Fatalf("a connection ends %v after the delay, expected 0 to 60 s", at)
			}
			perSecond[int(at/time.Second)]++
		}
		for i, n := range perSecond[:seconds] {
			if n < 18 || n > 22 {
				t.Errorf("%d connections are closed in second %d, expected 20", n, i)
			}
		}
		wantError(t, "the drain's result", <-result, nil)
		if got := s.wantState(linger.DrainComplete); got.Total != many || got.Closed != many || got.Left != 0 || got.Rate != 20 {
			t.Errorf("the status of the drain is %+v", got)
		}
	})
}

func TestServerDrainAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(1000)
		began := time.Now()
		result := s.drain(t.Context(), linger.DrainOptions{Delay: time.Second, Spread: -1})
		if got := s.wantState(linger.DrainWaiting); got.Rate != 0 || got.Total != 1000 || !got.Ends.Equal(began.Add(time.Second)) {
			t.Errorf("the status is %+v", got)
		}
		wantError(t, "the drain's result", <-result, nil)
		if took := time.Since(began); took != time.Second {
			t.Errorf("a drain without a spread takes %v, expected a second, its delay", took)
		}
		if got := s.wantState(linger.DrainComplete); got.Rate != 0 {
			t.Errorf("the status is %+v", got)
		}
	})
}

func TestServerDrainFewConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(3)
		began := time.Now()
		wantError(t, "the drain's result", s.Drain(t.Context(), linger.DrainOptions{}), nil)
		if took := time.Since(began); took > time.Second {
			t.Errorf("a drain of three connections takes %v, expected less than a second", took)
		}
		s.endTimes(3, began, drainClose)
		s.wantEmpty()
	})
}

func TestServerDrainRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(10)
		began := time.Now()
		opts := linger.DrainOptions{Rate: 0.5, Spread: time.Second, Code: 4000, Reason: "moving"}
		wantError(t, "the drain's result", s.Drain(t.Context(), opts), nil)
		s.endTimes(10, began, protocol.Status{Code: 4000, Reason: "moving"})
		if took := time.Since(began); took < 18*time.Second || took > 20*time.Second {
			t.Errorf("a drain of 10 connections at 0.5 per second takes %v, expected 18 to 20 s", took)
		}
	})
}

func TestServerDrainIsNotReady(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		open := s.connect()
		if !s.Ready() {
			t.Error("a new server is not ready")
		}
		result := s.drain(t.Context(), linger.DrainOptions{Delay: time.Hour})
		if s.Ready() {
			t.Error("the server is ready during a drain, before it closes connections")
		}
		values := map[int]bool{}
		for range 100 {
			r := s.client().request()
			seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
			if r.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 1 || seconds > 5 {
				t.Fatalf("an upgrade request gets %s, %v, expected 503 with Retry-After from 1 to 5", r.Status, r.Header)
			}
			values[seconds] = true
		}
		if len(values) < 2 {
			t.Errorf("all values of Retry-After are equal: %v", values)
		}
		s.wantState(linger.DrainWaiting)
		s.wantNoEnd()
		s.CancelDrain()
		wantError(t, "the drain's result", <-result, linger.ErrDrainCancelled)
		s.wantState(linger.DrainCancelled)
		if !s.Ready() {
			t.Error("the server is not ready after a drain was cancelled")
		}
		s.connect().leave()
		open.leave()
	})
}

func TestServerDrainStaysNotReady(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		wantError(t, "the drain's result", s.Drain(t.Context(), linger.DrainOptions{}), nil)
		if s.Ready() {
			t.Error("the server is ready after a drain of all connections")
		}
		wantError(t, "a drain of a share of a drained server", s.Drain(t.Context(), linger.DrainOptions{Share: 0.5}), linger.ErrDraining)
		wantError(t, "a second drain of all", s.Drain(t.Context(), linger.DrainOptions{}), nil)
		s.CancelDrain()
		if !s.Ready() {
			t.Error("the server is not ready after CancelDrain")
		}
		wantShutdown(t, s, nil, 0, 0)
		if s.Ready() {
			t.Error("the server is ready after a shutdown")
		}
		wantError(t, "a drain after a shutdown", s.Drain(t.Context(), linger.DrainOptions{}), linger.ErrDraining)
	})
}

func TestServerDrainCancelledByContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(100)
		ctx, cancel := context.WithCancel(t.Context())
		result := s.drain(ctx, linger.DrainOptions{Rate: 1})
		time.Sleep(30*time.Second + time.Millisecond)
		cancel()
		wantError(t, "the drain's result", <-result, context.Canceled)
		time.Sleep(5 * time.Second)
		if n := s.Count(); n < 69 || n > 71 || !s.Ready() {
			t.Errorf("%d connections are left and ready is %v, expected about 70 and true", n, s.Ready())
		}
	})
}

func TestServerDrainShare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(100)
		result := s.drain(t.Context(), linger.DrainOptions{Share: 0.25, Delay: time.Second})
		if got := s.wantState(linger.DrainWaiting); got.Total != 25 {
			t.Errorf("the drain is to end %d connections, expected 25", got.Total)
		}
		s.connectMany(1)
		if !s.Ready() {
			t.Error("the server is not ready during a drain of a share")
		}
		wantError(t, "a second drain of a share", s.Drain(t.Context(), linger.DrainOptions{Share: 0.25}), linger.ErrDraining)
		wantError(t, "the drain's result", <-result, nil)
		if got := s.wantState(linger.DrainComplete); got.Total != 26 || got.Closed != 26 || s.Count() != 75 || !s.Ready() {
			t.Errorf("%d connections are left after %+v, expected 75", s.Count(), got)
		}
	})
}

func TestServerDrainReplacesShare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(100)
		share := s.drain(t.Context(), linger.DrainOptions{Share: 0.5, Rate: 1})
		time.Sleep(10 * time.Second)
		all := s.drain(t.Context(), linger.DrainOptions{})
		wantError(t, "the result of the replaced drain", <-share, linger.ErrDrainCancelled)
		wantError(t, "a third drain", s.Drain(t.Context(), linger.DrainOptions{}), linger.ErrDraining)
		wantError(t, "the drain's result", <-all, nil)
		s.wantState(linger.DrainComplete)
		s.wantEmpty()
	})
}

func TestServerDrainTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) { <-next; echo(m) }}, linger.Options{Options: driver.Options{KeepAlive: -1}})
		s.connectMany(10)
		c := s.connect()
		c.text("1")
		synctest.Wait()
		wantError(t, "the drain's result", s.Drain(t.Context(), linger.DrainOptions{Timeout: time.Minute}), linger.ErrDrainTimeout)
		if got := s.wantState(linger.DrainTimedOut); got.Left != 1 || s.Ready() || s.Count() != 1 {
			t.Errorf("the status is %+v and ready is %v, expected one connection left, and not ready", got, s.Ready())
		}
		close(next)
		c.want("text 1", "close 1012 server draining") // the reply leaves first
		c.close(1012, "")
		wantShutdown(t, s, nil, 0, time.Second)
	})
}

func TestServerDrainCountsOwnEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		clients := make([]*client, 100)
		for i := range clients {
			clients[i] = s.connect()
		}
		result := s.drain(t.Context(), linger.DrainOptions{Rate: 1})
		began := time.Now()
		for _, c := range clients[:90] {
			c.leave()
		}
		for _, c := range clients[90:] {
			go c.answerClose()
		}
		wantError(t, "the drain's result", <-result, nil)
		got := s.wantState(linger.DrainComplete)
		if took := time.Since(began); took > 20*time.Second || got.Total != 100 || got.Closed > 20 {
			t.Errorf("a drain of which 90 of 100 connections end by themselves takes %v: %+v", took, got)
		}
	})
}

func TestServerDrainWaitsForUpgrades(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			<-next
			_, _ = u.Accept(linger.AcceptOptions{})
		}}, linger.Options{})
		c := s.client()
		c.ask()
		synctest.Wait()
		result := s.drain(t.Context(), linger.DrainOptions{})
		close(next)
		if r := c.answer(); r.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("a request that came before the drain gets %s", r.Status)
		}
		c.want("close 1012 server draining")
		c.close(1012, "")
		wantError(t, "the drain's result", <-result, nil)
		s.wantEmpty()
	})
}

func TestServerDrainEndedByShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		s.connectMany(100)
		result := s.drain(t.Context(), linger.DrainOptions{Rate: 1})
		time.Sleep(10 * time.Second)
		wantShutdown(t, s, nil, 0, 5*time.Second)
		wantError(t, "the drain's result", <-result, linger.ErrDrainCancelled)
		causes := map[protocol.Cause]int{}
		for range 100 {
			causes[s.end().Cause]++
		}
		if causes[linger.CauseDrain] < 9 || causes[linger.CauseDrain] > 11 || causes[linger.CauseDrain]+causes[linger.CauseShutdown] != 100 {
			t.Errorf("the connections end with %v", causes)
		}
	})
}

func TestServerDrainOptions(t *testing.T) {
	s := linger.NewServer(linger.HandlerFuncs{}, linger.Options{})
	for _, opts := range []linger.DrainOptions{
		{Share: 2}, {Share: -1}, {Rate: -1}, {Delay: -1}, {Timeout: -1}, {Code: 1005}, {Reason: fmt.Sprintf("%200s", "")},
	} {
		if err := s.Drain(t.Context(), opts); err == nil || errors.Is(err, linger.ErrDraining) {
			t.Errorf("Drain with %+v returns %v, expected an error that names the option", opts, err)
		}
	}
	if got := s.DrainStatus(); got.State != "" || !s.Ready() {
		t.Errorf("a wrong option has started a drain: %+v", got)
	}
}

func TestServerDrainIsInRandomOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		var ids []string
		for range 50 {
			go s.connect().answerClose()
			synctest.Wait()
			for socket := range s.Sockets("") {
				if !slices.Contains(ids, socket.ID()) {
					ids = append(ids, socket.ID())
				}
			}
		}
		wantError(t, "the drain's result", s.Drain(t.Context(), linger.DrainOptions{}), nil)
		var ended []string
		for range 50 {
			ended = append(ended, s.end().Socket.ID())
		}
		if reversed := slices.Clone(ended); slices.Equal(ids, ended) || func() bool { slices.Reverse(reversed); return slices.Equal(ids, reversed) }() {
			t.Error("the connections are closed in the order in which they were opened")
		}
	})
}
