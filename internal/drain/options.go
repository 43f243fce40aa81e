package drain

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Options are the options of a drain.
type Options struct {
	// Delay is the time before the first connection is closed; 0 means none.
	Delay time.Duration

	// Spread is the time over which the connections are closed; 0 means 60 s, negative means that they are closed at once. Few
	// connections are closed faster, 10 per second. Rate, in connections per second, replaces it if it is not 0.
	Spread time.Duration
	Rate   float64

	// Timeout bounds the drain, Delay included; 0 means no bound.
	Timeout time.Duration

	// Share is the part of the connections that are closed, above 0 and at most 1; 0 means 1, all.
	Share float64

	// Code and Reason are those of the Close; 0 means 1012 (service restart), empty means "server draining".
	Code   protocol.CloseCode
	Reason string
}

const (
	defaultSpread = time.Minute
	defaultReason = "server draining"

	// leastRate is the rate, in connections per second, below which Options.Spread does not slow a drain down: so few connections cannot
	// overload another server, and a drain of three of them does not take a minute.
	leastRate = 10
)

// withDefaults returns the options with the defaults in place of zero values. The error names the option that is wrong.
func (o Options) withDefaults() (Options, error) {
	if o.Spread == 0 {
		o.Spread = defaultSpread
	}
	if o.Share == 0 {
		o.Share = 1
	}
	if o.Code == 0 {
		o.Code = protocol.CloseServiceRestart
	}
	if o.Reason == "" {
		o.Reason = defaultReason
	}
	switch {
	case !(o.Share > 0 && o.Share <= 1): // true for NaN
		return o, fmt.Errorf("drain: the share is %v: give a number above 0, and 1 for all connections", o.Share)
	case !(o.Rate >= 0): // true for NaN
		return o, fmt.Errorf("drain: the rate is %v: give a number of connections per second, above 0", o.Rate)
	case o.Delay < 0:
		return o, fmt.Errorf("drain: the delay is %v: give 0 or more", o.Delay)
	case o.Timeout < 0:
		return o, fmt.Errorf("drain: the timeout is %v: give a duration above 0, or 0 for none", o.Timeout)
	}
	if err := protocol.CheckClose(o.Code, o.Reason); err != nil {
		return o, fmt.Errorf("drain: the Close cannot be sent: %w", err)
	}
	return o, nil
}

// maxRetryAfter is the greatest Retry-After of a server that is not ready, in seconds. Another server is likely to be ready, so it
// is short.
const maxRetryAfter = 5

// RetryAfter returns the Retry-After of a response that refuses a connection because of a drain or a shutdown. It is random, because
// clients that came together should not come back together.
func RetryAfter() string { return strconv.Itoa(1 + rand.N(maxRetryAfter)) }

// all reports whether all connections are drained.
func (o *Options) all() bool { return o.Share == 1 }

// rate returns how many of a number of connections are closed per second.
func (o *Options) rate(connections int) float64 {
	switch {
	case o.Rate > 0:
		return o.Rate
	case o.Spread < 0:
		return math.Inf(1)
	}
	return max(float64(connections)/o.Spread.Seconds(), leastRate)
}

// duration returns how long it takes to close a number of connections at a rate.
func duration(connections int, rate float64) time.Duration {
	return time.Duration(min(float64(connections)/rate*float64(time.Second), float64(1<<62)))
}

// chosen returns how many of a number of connections are drained.
func (o *Options) chosen(connections int) int {
	return min(connections, int(math.Ceil(o.Share*float64(connections)-1e-9))) // the product may be slightly above a whole number
}

// State is how far a drain is.
type State string

// The states of a drain. The zero value means that there has been none.
const (
	Waiting   State = "waiting"   // for Options.Delay
	Closing   State = "closing"   // connections are closed, or their close events are handled
	Complete  State = "complete"  // the last close event has been handled
	Cancelled State = "cancelled" // by Cancel, by another drain, or by the end of a context
	TimedOut  State = "timed out" // after Options.Timeout; connections are left
)

// Status is how far a drain is.
type Status struct {
	State   State
	Options Options // with defaults
	Began   time.Time
	Total   int       // connections that the drain has to end; until its state is Closing an estimate
	Left    int       // those of them whose close event has not been handled
	Closed  int       // those of them that the drain has closed; others have ended by themselves
	Rate    float64   // connections that are closed per second; 0 means all at once
	Ends    time.Time // when the last connection is expected to be closed
}

// The errors of a drain that has not ended its connections.
var (
	ErrInProgress = errors.New("a drain is in progress, or the server is drained or shutting down")
	ErrCancelled  = errors.New("the drain was cancelled, or another one or a shutdown has replaced it")
	ErrTimeout    = errors.New("the time of the drain is over and connections are left")
)
