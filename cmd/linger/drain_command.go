package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
)

// drainCommand drains a running server through its admin API.
type drainCommand struct {
	clientFlags

	Share  float64      `default:"1" placeholder:"PART" help:"Part of the connections to close, chosen at random. With less than 1 the server stays ready: it is rebalanced with other servers."`
	Delay  optionalSpan `placeholder:"DURATION" help:"Time before the first connection is closed. Default: --drain-delay of the server, and so are the defaults below."`
	Spread optionalSpan `placeholder:"DURATION" help:"Time over which connections are closed; 0s closes them at once."`
	Rate   float64      `placeholder:"N" help:"Connections that are closed per second, instead of --spread."`
	Code   closeCode    `placeholder:"CODE" help:"Close code."`
	Reason string       `placeholder:"TEXT" help:"Close reason."`
	Stay   bool         `help:"The process does not end after a drain of all connections. It refuses new ones until --cancel. For preStop hooks, after which the process gets SIGTERM."`
	Detach bool         `help:"Do not wait for the end of the drain."`
	Cancel bool         `help:"End the drain in progress, and accept connections again."`
}

// optionalSpan is a flag value that is a duration, or 0.
type optionalSpan struct {
	span  span
	given bool
}

// Decode implements kong.MapperValue.
func (s *optionalSpan) Decode(ctx *kong.DecodeContext) error {
	s.given = true
	return s.span.Decode(ctx)
}

// seconds returns the duration in seconds, or nil if it is not given.
func (s optionalSpan) seconds() *float64 {
	if !s.given {
		return nil
	}
	seconds := time.Duration(s.span).Seconds()
	return &seconds
}

// notZero returns a pointer to a value, or nil for the zero value.
func notZero[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// drainAnswer is the answer of the admin API to requests about drains.
type drainAnswer struct {
	Drain *admin.DrainStatus `json:"drain"`
}

// Run starts a drain and reports its progress until it ends. If a drain is in progress already, and no options are given, it reports
// the progress of that one.
func (c *drainCommand) Run(out *streams) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	if c.Cancel {
		return c.cancel(client, out)
	}
	var answer drainAnswer
	err = ask(client, http.MethodPost, "/v1/drain", nil, adminclient.JSON(c.drainRequest()), &answer)
	busy, refused := errors.AsType[*adminclient.Error](err)
	switch {
	case refused && busy.Code == "draining" && c.hasOptions():
		return fmt.Errorf("%w: linger drain without options reports its progress, linger drain --cancel ends it", err)
	case refused && busy.Code == "draining":
		err = ask(client, http.MethodGet, "/v1/drain", nil, nil, &answer)
	}
	switch {
	case err != nil:
		return err
	case answer.Drain == nil:
		return errors.New("the server is shutting down")
	case c.Detach:
		return c.print(out, answer.Drain)
	}
	return c.follow(client, out, answer.Drain)
}

// cancel ends the drain in progress.
func (c *drainCommand) cancel(client *adminclient.Client, out *streams) error {
	var answer drainAnswer
	if err := ask(client, http.MethodDelete, "/v1/drain", nil, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(answer)
	}
	out.out.printf("no drain is in progress any more: the server accepts connections\n")
	return nil
}

// hasOptions reports whether the command line has options for a drain, other than --stay.
func (c *drainCommand) hasOptions() bool {
	return c.drainRequest() != (admin.DrainRequest{Stay: c.Stay}) // pointers differ unless both are nil
}

// drainRequest returns the drain that the command line asks for.
func (c *drainCommand) drainRequest() admin.DrainRequest {
	r := admin.DrainRequest{
		Delay: c.Delay.seconds(), Spread: c.Spread.seconds(), Rate: notZero(c.Rate),
		Code: notZero(int(c.Code)), Reason: notZero(c.Reason), Stay: c.Stay,
	}
	if c.Share != 1 {
		r.Share = &c.Share
	}
	return r
}

const (
	// pollInterval is the time between two requests for the progress of a drain.
	pollInterval = 250 * time.Millisecond

	// printInterval is the time between two lines about the progress.
	printInterval = 2 * time.Second
)

// follow prints the progress of a drain until it ends. The error is not nil if connections are left.
func (c *drainCommand) follow(client *adminclient.Client, out *streams, drain *admin.DrainStatus) error {
	printed := time.Time{}
	for ; inProgress(drain); time.Sleep(pollInterval) {
		if time.Since(printed) >= printInterval {
			printed = time.Now()
			if err := c.print(out, drain); err != nil {
				return err
			}
		}
		var answer drainAnswer
		err := ask(client, http.MethodGet, "/v1/drain", nil, nil, &answer)
		switch {
		case isGone(err) && drain.Share == 1 && !c.Stay:
			out.err.printf("the process has ended; %s left before\n", plural(drain.Left, "connection"))
			return nil
		case err != nil:
			return err
		case answer.Drain == nil:
			return errors.New("the server has no drain any more: it was restarted")
		}
		drain = answer.Drain
	}
	if err := c.print(out, drain); err != nil {
		return err
	}
	return resultOf(drain)
}

func inProgress(d *admin.DrainStatus) bool {
	return d.State == string(linger.DrainWaiting) || d.State == string(linger.DrainClosing)
}

// isGone reports whether an error of a request shows that no server listens any more: one that answers with an error does, and so may
// one that does not answer in time.
func isGone(err error) bool {
	_, answered := errors.AsType[*adminclient.Error](err)
	return err != nil && !answered && !errors.Is(err, context.DeadlineExceeded)
}

// resultOf returns the error for a drain that has ended, nil if it is complete.
func resultOf(d *admin.DrainStatus) error {
	switch linger.DrainState(d.State) {
	case linger.DrainCancelled:
		return errors.New("the drain was cancelled")
	case linger.DrainTimedOut:
		return fmt.Errorf("the time of the drain is over, and %s left", plural(d.Left, "connection"))
	case linger.DrainWaiting, linger.DrainClosing, linger.DrainComplete:
	}
	return nil
}

// print prints the state of a drain.
func (c *drainCommand) print(out *streams, d *admin.DrainStatus) error {
	if c.JSON {
		return out.printJSON(d)
	}
	left := max(time.Until(d.Ends), 0).Round(time.Second)
	switch linger.DrainState(d.State) {
	case linger.DrainWaiting:
		out.out.printf("not ready: closing %s in %v\n", plural(d.Total, "connection"), max(time.Until(d.Began.Add(seconds(d.Delay))), 0).Round(time.Second))
	case linger.DrainClosing:
		out.out.printf("draining: %d of %s left, %s, %v\n", d.Left, plural(d.Total, "connection"), perSecond(d.Rate), left)
	case linger.DrainComplete:
		out.out.printf("drained: %s in %v, of which %d ended without the drain\n", plural(d.Total, "connection"), d.Ends.Sub(d.Began).Round(time.Second/10), d.Total-d.Closed)
	case linger.DrainCancelled, linger.DrainTimedOut:
		out.out.printf("not drained: %s closed\n", plural(d.Closed, "connection"))
	}
	return nil
}

// seconds converts seconds to a duration.
func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// perSecond formats a rate, of which 0 means no limit.
func perSecond(rate float64) string {
	if rate == 0 {
		return "closed at once"
	}
	return fmt.Sprintf("%v per second", round(rate))
}
