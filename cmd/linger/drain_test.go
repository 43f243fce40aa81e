package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

// slowServer is a server whose drains take an hour, or end early.
type slowServer struct {
	*linger.Server
	drained bool // a drain of all connections was complete
}

func (s *slowServer) Count() int { return 3600 }

func (s *slowServer) StartDrain(ctx context.Context, o linger.DrainOptions) (func() error, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	o.Delay = 2 * time.Hour
	wait, err := s.Server.StartDrain(ctx, o)
	return func() error {
		defer cancel()
		err := wait()
		if errors.Is(err, context.DeadlineExceeded) {
			s.drained = true
			return nil
		}
		return err
	}, err
}

func drainDefaults() linger.DrainOptions { return linger.DrainOptions{} }

// drainsOf returns drains of a server without connections.
func drainsOf() *drains {
	return newDrains(linger.NewServer(linger.HandlerFuncs{}, linger.Options{}), drainDefaults, slog.New(slog.DiscardHandler))
}

// slowDrains returns drains that take an hour.
func slowDrains() (*drains, *slowServer, *strings.Builder) {
	var log strings.Builder
	s := &slowServer{Server: linger.NewServer(linger.HandlerFuncs{}, linger.Options{})}
	return newDrains(s, func() linger.DrainOptions { return linger.DrainOptions{Timeout: 3 * time.Hour} }, slog.New(slog.NewTextHandler(&log, nil))), s, &log
}

func TestDrainsAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, log := slowDrains()
		signals := make(chan os.Signal, 1)
		signals <- syscall.SIGTERM // within signalWindow
		if again := d.await(signals); again != nil || !s.drained {
			t.Errorf("a drain must complete; it was ended by %v", again)
		}
		if n := strings.Count(log.String(), "time_left="); n != 719 && n != 720 {
			t.Errorf("the log must have the progress of an hour every 5 s; it has %d lines", n)
		}
	})
}

func TestDrainsAwaitSecondSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, log := slowDrains()
		signals := make(chan os.Signal, 1)
		time.AfterFunc(time.Minute, func() { signals <- os.Interrupt })
		if again := d.await(signals); again != os.Interrupt || s.drained || !strings.Contains(log.String(), "drain ended early by a second signal") {
			t.Errorf("a second signal must end a drain; it is %v, the log is:\n%s", again, log)
		}
		s.CancelDrain() // as Shutdown does
	})
}

func TestDrainsSignalJoinsDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, _ := slowDrains()
		began := time.Now()
		if _, err := d.start(d.defaults(), true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		if again := d.await(nil); again != nil || !s.drained {
			t.Errorf("a signal must wait for the drain in progress; it was ended by %v", again)
		}
		if took := time.Since(began); took > time.Hour+time.Minute {
			t.Errorf("a signal must not begin another drain; both took %v", took)
		}
		if err := d.cancel(); !errors.Is(err, errEnding) {
			t.Errorf("the drain of a process that ends cannot be cancelled; got %v", err)
		}
	})
}

func TestDrainsEndProcess(t *testing.T) {
	for _, c := range []struct {
		name              string
		share             float64
		exit, cancel, end bool
	}{
		{"all", 1, true, false, true},
		{"all, cancelled", 1, true, true, false},
		{"all, with --stay", 1, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _, _ := slowDrains()
				o := d.defaults()
				o.Share = c.share
				over, err := d.start(o, c.exit)
				if err != nil {
					t.Fatal(err)
				}
				if c.cancel {
					if err := d.cancel(); err != nil {
						t.Error(err)
					}
				}
				<-over
				select {
				case <-d.ended:
					if !c.end {
						t.Error("the process must not end")
					}
				default:
					if c.end {
						t.Error("the process must end")
					}
				}
			})
		})
	}
}

func TestDrainsTimeout(t *testing.T) {
	s := &slowServer{Server: linger.NewServer(linger.HandlerFuncs{}, linger.Options{})}
	d := newDrains(s, drainDefaults, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		opts linger.DrainOptions
		want time.Duration
	}{
		{linger.DrainOptions{Delay: 5 * time.Second, Spread: time.Minute}, 75 * time.Second},
		{linger.DrainOptions{Spread: -1}, 10 * time.Second},
		{linger.DrainOptions{Spread: time.Minute, Rate: 36}, 110 * time.Second},
		{linger.DrainOptions{Spread: time.Minute, Rate: 1e-300}, 1 << 61},
		{linger.DrainOptions{Spread: time.Minute, Timeout: time.Second}, time.Second},
	} {
		if got := d.timeout(c.opts); got < c.want || got > c.want+10*time.Second {
			t.Errorf("the time limit of %+v must be %v; got %v", c.opts, c.want, got)
		}
	}
}

func TestRound(t *testing.T) {
	for rate, want := range map[float64]float64{0: 0, 83.3333: 83.3, 10: 10, 0.123456: 0.123, 12345: 12300} {
		if got := round(rate); got != want {
			t.Errorf("%v rounded to three digits must be %v; got %v", rate, want, got)
		}
	}
}

func TestDrainsRequest(t *testing.T) {
	number := func(n float64) *float64 { return &n }
	code := func(n int) *int { return &n }
	reason := strings.Repeat("x", 124)
	d := newDrains(linger.NewServer(linger.HandlerFuncs{}, linger.Options{}),
		func() linger.DrainOptions { return linger.DrainOptions{Delay: time.Second, Rate: 5, Code: 1012} }, slog.New(slog.DiscardHandler))
	got, err := d.optionsOf(admin.DrainRequest{Spread: number(0), Share: number(0.5), Code: code(4000)})
	if want := (linger.DrainOptions{Delay: time.Second, Spread: -1, Share: 0.5, Code: 4000}); err != nil || got != want {
		t.Errorf("the options of the request must be %+v; got %+v, %v", want, got, err)
	}
	for _, wrong := range []admin.DrainRequest{
		{Delay: number(-1)}, {Delay: number(math.NaN())}, {Spread: number(1e300)}, {Rate: number(0)}, {Rate: number(math.Inf(1))},
		{Share: number(0)}, {Share: number(1.5)}, {Code: code(-1)}, {Code: code(1005)}, {Code: code(70000)}, {Reason: &reason},
	} {
		if err := d.request(wrong); err == nil {
			t.Errorf("the request %+v must be refused", wrong)
		}
	}
}
