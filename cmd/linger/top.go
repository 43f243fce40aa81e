package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/lingerws/linger/admin"
)

// topCommand shows the traffic of a running server, once a second.
type topCommand struct {
	Count       int `short:"n" placeholder:"N" help:"End after this many seconds. Default: never."`
	clientFlags `embed:""`
}

// clearScreen moves the cursor to the first line and erases what follows (ECMA-48, sections 8.3.21 and 8.3.39).
const clearScreen = "\x1b[H\x1b[J"

// Run prints a screen for each snapshot on a terminal, and otherwise a line.
func (c *topCommand) Run(out *streams) error {
	terminal, seen := isTerminal(os.Stdout), 0
	return c.feed("/v1/live", nil, func(message []byte) (more bool, err error) {
		seen++
		more = c.Count <= 0 || seen < c.Count
		if c.JSON {
			out.out.printf("%s\n", message)
			return more, nil
		}
		var now admin.Live
		if err := json.Unmarshal(message, &now); err != nil {
			return false, fmt.Errorf("the server has sent a snapshot that is not JSON: %w", err)
		}
		switch {
		case terminal:
			out.out.printf("%s%s", clearScreen, screen(&now))
		case seen == 1:
			out.out.printf("%s%s", strings.Join(topColumns, " ")+"\n", topLine(&now))
		default:
			out.out.printf("%s", topLine(&now))
		}
		return more, nil
	})
}

// topColumns are the columns of topLine. Rates are per second.
var topColumns = []string{"TIME    ", " CONNS", "OPENED", "CLOSED", " MSG_IN", "MSG_OUT", "   B_IN", "  B_OUT", "   QUEUED", "STATE"}

// topLine returns a snapshot as a line.
func topLine(l *admin.Live) string {
	r := &l.Rates
	return printable(fmt.Sprintf("%s %6d %6.0f %6.0f %7.0f %7.0f %7s %7s %9s %s\n", l.Time.Local().Format(time.TimeOnly), l.Connections.Total, r.Opened, r.Closed,
		r.MessagesReceived, r.MessagesSent, bytesText(r.BytesReceived), bytesText(r.BytesSent), bytesText(float64(l.Connections.Buffered)), l.Status.State))
}

// The rows of each part of the screen, which fits into 40 lines.
const (
	screenCloses  = 8
	screenSlow    = 5
	screenWorkers = 8
	screenEntries = 5
)

// screen returns a snapshot as a screen.
func screen(l *admin.Live) string {
	r, now := &l.Rates, &l.Connections
	var text strings.Builder
	fmt.Fprintf(&text, "linger %s  %s  %s  up %s\n", l.Status.Version, printable(l.Status.App), stateText(l), secondsText(l.Time.Sub(l.Status.Started).Seconds()))
	fmt.Fprintf(&text, "connections %d: %d open, %d half-open, %d closing; %d with a send queue, %s in all\n", now.Total, now.States.Open, now.States.HalfOpen,
		now.States.Closing, now.SlowSends, bytesText(float64(now.Buffered)))
	fmt.Fprintf(&text, "per second  %.0f opened, %.0f closed, %.0f refused; in %.0f messages, %s; out %.0f messages, %s\n", r.Opened, r.Closed, r.Refused,
		r.MessagesReceived, bytesText(r.BytesReceived), r.MessagesSent, bytesText(r.BytesSent))
	fmt.Fprintf(&text, "channels %d with %d subscriptions; %.0f published per second\n", l.Channels.Total, l.Channels.Subscriptions, r.Published)
	for _, part := range []*table{workersTable(l), closesTable(l), slowTable(l), entriesTable(l)} {
		if part != nil {
			text.WriteString("\n" + part.String())
		}
	}
	return text.String()
}

// stateText returns the state of the server, with the progress of a drain.
func stateText(l *admin.Live) string {
	if l.Drain == nil || l.Status.State != "draining" {
		return l.Status.State
	}
	return fmt.Sprintf("%s, %d of %d left", l.Status.State, l.Drain.Left, l.Drain.Total)
}

func workersTable(l *admin.Live) *table {
	if len(l.Workers) == 0 {
		return nil
	}
	t := newTable("WORKER", "STATE", "GENERATION", "CONNECTIONS", "EVENTS", "FAILURES", "REASON")
	for _, one := range l.Workers[:min(len(l.Workers), screenWorkers)] {
		t.row(one.Worker, one.State, one.Generation, one.Connections, one.Events, one.Failures, orDash(one.Reason))
	}
	return t
}

func closesTable(l *admin.Live) *table {
	if len(l.Closes) == 0 {
		return nil
	}
	t := newTable("CLOSED", "CODE", "BY", "CAUSE")
	for _, one := range l.Closes[:min(len(l.Closes), screenCloses)] {
		t.row(one.Count, one.Code, one.Initiator, one.Cause)
	}
	return t
}

func slowTable(l *admin.Live) *table {
	if len(l.Slow) == 0 {
		return nil
	}
	t := newTable("SLOW CLIENT", "ADDRESS", "URL", "QUEUE")
	for _, one := range l.Slow[:min(len(l.Slow), screenSlow)] {
		t.row(one.ID, orDash(one.Address), one.URL, bytesText(float64(one.Buffered)))
	}
	return t
}

func entriesTable(l *admin.Live) *table {
	if len(l.Timeline) == 0 {
		return nil
	}
	t := newTable("TIME", "EVENT", "TEXT")
	for _, one := range l.Timeline[:min(len(l.Timeline), screenEntries)] {
		text, _, _ := strings.Cut(one.Text, "\n")
		t.row(one.Last.Local().Format(time.TimeOnly), one.Kind, text)
	}
	return t
}
