package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/protocol"
)

// tailCommand prints what happens in a running server.
type tailCommand struct {
	Connection  string   `placeholder:"ID" help:"Only events of this connection."`
	Events      []string `placeholder:"EVENT" enum:"opened,closed,message,sent,slow,refused,start,reload,replacement,failure,drain" help:"Only these events: opened, closed, message, sent, slow, refused, start, reload, replacement, failure, drain; several with commas. Default: all."`
	Payloads    bool     `help:"Print the payloads of messages, of at most 4 KiB."`
	Rate        int      `placeholder:"N" help:"Maximum number of events per second, at most 10000. Default: 1000. Further ones are counted."`
	filterFlags `embed:""`
	clientFlags `embed:""`
}

// Run prints events until the server ends.
func (c *tailCommand) Run(out *streams) error {
	query := c.query()
	setUnlessEmpty(query, map[string]string{"connection": c.Connection, "events": strings.Join(c.Events, ",")})
	if c.Payloads {
		query.Set("payloads", "true")
	}
	if c.Rate > 0 {
		query.Set("rate", strconv.Itoa(c.Rate))
	}
	return c.feed("/v1/tail", query, func(message []byte) (more bool, err error) {
		if c.JSON {
			out.out.printf("%s\n", message)
			return true, nil
		}
		var e admin.Event
		if err := json.Unmarshal(message, &e); err != nil {
			return false, fmt.Errorf("the server has sent an event that is not JSON: %w", err)
		}
		out.out.printf("%s\n", eventText(&e))
		return true, nil
	})
}

// feed reads a feed of the server until handle returns false. It ends the process when standard output is a pipe whose reader has gone, as
// other commands do in a pipeline.
func (f clientFlags) feed(path string, query url.Values, handle func(message []byte) (more bool, err error)) error {
	signal.Reset(syscall.SIGPIPE)
	client, err := f.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	conn, err := client.Dial(ctx, path, query)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for {
		_, message, err := conn.Read(context.Background())
		if err != nil {
			return fmt.Errorf("the server has ended the feed: %w", err)
		}
		if more, err := handle(message); !more || err != nil {
			_ = conn.Close(protocol.CloseNormal, "") // bounded; the command has what it wants
			return err
		}
	}
}

// eventText returns an event as a line: the time, the event, the connection, and what the event has.
func eventText(e *admin.Event) string {
	parts := []string{e.Time.Local().Format("15:04:05.000"), fmt.Sprintf("%-11s", e.Event)}
	for _, part := range []string{e.Connection, e.URL, e.Address} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return printable(strings.TrimRight(strings.Join(append(parts, eventDetails(e)...), " "), " "))
}

// eventDetails returns what an event has in addition to its connection.
func eventDetails(e *admin.Event) (parts []string) {
	switch {
	case e.Close != nil:
		return []string{closeText(e.Close)}
	case e.Entry != nil:
		parts = append(parts, strings.ReplaceAll(e.Entry.Text, "\n", " "))
		if e.Entry.At != "" {
			parts = append(parts, "at "+e.Entry.At)
		}
		return parts
	case e.Event == "dropped":
		return []string{fmt.Sprintf("%d events are not shown", e.Count)}
	case e.Status != 0:
		return []string{strconv.Itoa(e.Status), e.Reason}
	}
	if e.Kind != "" {
		parts = append(parts, e.Kind)
	}
	if e.Size != nil {
		parts = append(parts, strconv.Itoa(*e.Size)+"B")
	}
	if e.Text != nil {
		parts = append(parts, strconv.Quote(*e.Text))
	}
	if len(e.Data) > 0 {
		parts = append(parts, fmt.Sprintf("%x", e.Data))
	}
	if e.Truncated {
		parts = append(parts, "...")
	}
	return append(parts, e.Reason)
}

// closeText describes the end of a connection: its code and reason, who closed first, why, and its age.
func closeText(c *admin.CloseInfo) string {
	text := strconv.Itoa(c.Code)
	if c.Reason != "" {
		text += " " + strconv.Quote(c.Reason)
	}
	text += " by " + c.Initiator + ", cause " + c.Cause
	if !c.Clean {
		text += ", not clean"
	}
	if c.Error != "" {
		text += ": " + c.Error
	}
	return text + ", after " + secondsText(c.Age)
}
