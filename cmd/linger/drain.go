package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// drainFlags are the flags for draining, after SIGTERM and as the defaults of linger drain.
type drainFlags struct {
	DrainDelay   span      `default:"0s" reload:"live" help:"Time between SIGTERM and the first connection that is closed, for a load balancer to notice that the server is not ready."`
	DrainSpread  span      `default:"60s" reload:"live" help:"Time over which connections are closed, in random order; 0s closes them at once. If that is fewer than 10 per second, 10 per second are closed."`
	DrainRate    float64   `placeholder:"N" reload:"live" help:"Connections that are closed per second, instead of --drain-spread."`
	DrainTimeout duration  `placeholder:"DURATION" reload:"live" help:"Maximum time from SIGTERM until the process ends; includes --shutdown-timeout. Default: what the other flags need, and 10s."`
	DrainCode    closeCode `default:"1012" reload:"live" help:"Close code of drained connections."`
	DrainReason  string    `default:"server draining" reload:"live" help:"Close reason of drained connections."`
}

// checkDrain reports values that are out of range.
func (f drainFlags) checkDrain(shutdownTimeout duration) error {
	switch {
	case !(f.DrainRate >= 0 && f.DrainRate <= math.MaxFloat64): // true for NaN and infinities
		return fmt.Errorf("--drain-rate: %v is not a number of connections per second", f.DrainRate)
	case f.DrainTimeout != 0 && f.DrainTimeout <= shutdownTimeout:
		return fmt.Errorf("--drain-timeout: %v is not above --shutdown-timeout, %v, which is a part of it",
			time.Duration(f.DrainTimeout), time.Duration(shutdownTimeout))
	}
	if err := protocol.CheckClose(protocol.CloseCode(f.DrainCode), f.DrainReason); err != nil {
		return fmt.Errorf("--drain-reason: %w", err)
	}
	return nil
}

// drainOptions converts the flags to the options of package linger. Timeout is what is left of --drain-timeout for the drain, or 0.
func (f drainFlags) drainOptions(shutdownTimeout time.Duration) linger.DrainOptions {
	o := linger.DrainOptions{
		Delay: time.Duration(f.DrainDelay), Spread: spreadOption(time.Duration(f.DrainSpread)), Rate: f.DrainRate,
		Code: protocol.CloseCode(f.DrainCode), Reason: f.DrainReason,
	}
	if f.DrainTimeout > 0 {
		o.Timeout = time.Duration(f.DrainTimeout) - shutdownTimeout
	}
	return o
}

// spreadOption converts a spread to the convention of linger.DrainOptions, where 0 means the default and negative means at once.
func spreadOption(spread time.Duration) time.Duration {
	if spread == 0 {
		return -1
	}
	return spread
}

// drainable is what can be drained: a linger.Server, and a proxy.
type drainable interface {
	StartDrain(ctx context.Context, opts linger.DrainOptions) (wait func() error, err error)
	DrainStatus() linger.DrainStatus
	CancelDrain()
	Ready() bool
	Count() int
}

// drains runs the drains of a server. Its methods may be called from any goroutine.
type drains struct {
	server   drainable
	defaults func() linger.DrainOptions // returns the options of the flags in force
	log      *slog.Logger
	ended    chan struct{}     // closed when a drain is over after which the process has to end
	record   func(text string) // records the beginning and the end of a drain in the timeline

	mu       sync.Mutex
	final    bool            // a signal has asked for the end of the process
	exit     bool            // the process ends after the drain in progress
	all      <-chan struct{} // closed when the last drain of all connections is over; nil if there was none
	exitOnce sync.Once
}

func newDrains(server drainable, defaults func() linger.DrainOptions, log *slog.Logger) *drains {
	return &drains{server: server, defaults: defaults, log: log, ended: make(chan struct{}), record: func(string) {}}
}

// drainMargin is the time that a drain may take beyond what its options allow: for handlers, and for clients that do not answer.
const drainMargin = 10 * time.Second

// timeout returns the time limit of a drain: that of its options, or what the other options need.
func (d *drains) timeout(o linger.DrainOptions) time.Duration {
	switch {
	case o.Timeout > 0:
		return o.Timeout
	case o.Rate > 0:
		seconds := float64(d.server.Count()) / o.Rate
		return o.Delay + drainMargin + time.Duration(min(seconds*float64(time.Second), float64(1<<61)))
	}
	return o.Delay + max(o.Spread, 0) + drainMargin
}

// start begins a drain, and returns a channel that is closed when it is over. With exit the process ends after it.
func (d *drains) start(o linger.DrainOptions, exit bool) (<-chan struct{}, error) {
	o.Timeout = d.timeout(o)
	d.mu.Lock()
	defer d.mu.Unlock()
	wait, err := d.server.StartDrain(context.Background(), o)
	if err != nil {
		return nil, err
	}
	over := make(chan struct{})
	if all := o.Share == 0 || o.Share == 1; all {
		d.all, d.exit = over, exit
	}
	status := d.server.DrainStatus()
	d.log.Log(context.Background(), level(status), "draining", "connections", status.Total, "of", d.server.Count(), "per_second", round(status.Rate), "delay", o.Delay)
	d.record(fmt.Sprintf("drain of %d of %d connections", status.Total, d.server.Count()))
	go func() {
		stopProgress := d.logProgress()
		err := wait()
		stopProgress()
		d.logEnd(err)
		if !errors.Is(err, linger.ErrDrainCancelled) && exit {
			time.Sleep(reportTime)
			d.end()
		}
		close(over)
	}()
	return over, nil
}

// reportTime is the time between the end of a drain and that of the process, in which linger drain can ask for the result.
const reportTime = 4 * pollInterval

// end ends the process, unless the drain that asked for it was cancelled.
func (d *drains) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.exit {
		d.exitOnce.Do(func() { close(d.ended) })
	}
}

var errEnding = errors.New("the process has received a signal and ends: its drain cannot be cancelled")

// cancel ends the drain in progress, and makes a drained server ready again.
func (d *drains) cancel() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.final {
		return errEnding
	}
	d.exit = false
	d.server.CancelDrain()
	return nil
}

// startFinal starts a drain of all connections for a signal, or returns the channel of the one in progress.
func (d *drains) startFinal() <-chan struct{} {
	d.mu.Lock()
	d.final = true
	all := d.all
	d.mu.Unlock()
	over, err := d.start(d.defaults(), false)
	switch {
	case err == nil:
		return over
	case all == nil: // the options are wrong, which the flags exclude
		d.log.Error("the connections are closed without a drain", "error", err)
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	d.log.Info("the process ends after the drain in progress")
	return all
}

// await drains all connections after a signal, and returns when that is over. It returns the further signal that ends the drain
// early, or nil.
func (d *drains) await(signals <-chan os.Signal) os.Signal {
	began, over := time.Now(), d.startFinal()
	for {
		select {
		case <-over:
			return nil
		case again := <-signals:
			if time.Since(began) < signalWindow {
				continue
			}
			d.log.Warn("drain ended early by a second signal: the connections that are left are closed now",
				"signal", again.String(), "connections", d.server.Count())
			return again
		}
	}
}

// progressInterval is the time between two lines in the log about the progress of a drain.
const progressInterval = 5 * time.Second

// logProgress logs the progress of a drain until the function that it returns has returned.
func (d *drains) logProgress() (stop func()) {
	ticker, stopped, ended := time.NewTicker(progressInterval), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				s := d.server.DrainStatus()
				d.log.Info("draining", "left", s.Left, "of", s.Total, "per_second", round(s.Rate), "time_left", timeLeft(s))
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(stopped)
		<-ended
	}
}

// logEnd logs how a drain has ended.
func (d *drains) logEnd(err error) {
	s := d.server.DrainStatus()
	attrs := []any{"connections", s.Total, "closed", s.Closed, "duration", s.Ends.Sub(s.Began).Round(time.Millisecond)}
	switch {
	case err == nil:
		d.log.Log(context.Background(), level(s), "drained", attrs...)
		d.record(fmt.Sprintf("drain complete: %d connections closed", s.Closed))
	case errors.Is(err, linger.ErrDrainTimeout):
		d.log.Warn("drain not complete: its time is over", append(attrs, "left", s.Left)...)
		d.record(fmt.Sprintf("drain not complete: its time is over, and %d connections are left", s.Left))
	default:
		d.log.Info("drain cancelled") // the status may be that of the drain that has replaced it
		d.record("drain cancelled")
	}
}

// level returns the level of the lines about the beginning and the success of a drain, of which a server without connections has
// nothing to report.
func level(s linger.DrainStatus) slog.Level {
	if s.Total == 0 && s.Options.Delay == 0 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// timeLeft returns the time until the last connection is expected to be closed, in seconds.
func timeLeft(s linger.DrainStatus) time.Duration {
	return max(time.Until(s.Ends), 0).Round(time.Second)
}

// round rounds a rate to three digits.
func round(rate float64) float64 {
	if rate == 0 || math.IsInf(rate, 0) {
		return rate
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(rate)))
	return math.Round(rate*scale) / scale
}

// span is a flag value that is a duration, or 0.
type span time.Duration

// Decode implements kong.MapperValue.
func (s *span) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	n, err := time.ParseDuration(text)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a duration: give 0s, or a number with its unit, such as 500ms, 30s or 2m", text)
	}
	*s = span(n)
	return nil
}

// String returns the duration in the notation of the flag.
func (s span) String() string {
	if s == 0 {
		return "0s"
	}
	return duration(s).String()
}

// closeCode is a flag value that is a close code that may be sent (RFC 6455, section 7.4).
type closeCode protocol.CloseCode

// Decode implements kong.MapperValue.
func (c *closeCode) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("code", &text); err != nil {
		return err
	}
	code, err := parseCloseCode(text)
	*c = closeCode(code)
	return err
}

// parseCloseCode parses a close code that may be sent.
func parseCloseCode(text string) (protocol.CloseCode, error) {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a close code: give a number such as 1001, 1012, or one from 3000 to 4999", text)
	}
	code := protocol.CloseCode(number)
	return code, protocol.CheckClose(code, "")
}
