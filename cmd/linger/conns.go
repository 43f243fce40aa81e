package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
)

// connsCommand has the commands for the connections of a running server.
type connsCommand struct {
	Ls          connsLsCommand          `cmd:"" help:"List connections."`
	Get         connsGetCommand         `cmd:"" help:"Show one connection."`
	Send        connsSendCommand        `cmd:"" help:"Send a message to a connection."`
	Close       connsCloseCommand       `cmd:"" help:"Close a connection."`
	Subscribe   connsSubscribeCommand   `cmd:"" help:"Subscribe a connection to a channel."`
	Unsubscribe connsUnsubscribeCommand `cmd:"" help:"End the subscription of a connection to a channel."`
}

// requestTimeout bounds a request to a server.
const requestTimeout = 30 * time.Second

// request sends a request to the server.
func (f clientFlags) request(method, path string, query url.Values, body *adminclient.Body, answer any) error {
	client, err := f.client()
	if err != nil {
		return err
	}
	return ask(client, method, path, query, body, answer)
}

// ask sends a request with a client, and waits for its answer for at most requestTimeout.
func ask(client *adminclient.Client, method, path string, query url.Values, body *adminclient.Body, answer any) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	return client.Do(ctx, method, path, query, body, answer)
}

// connectionPath returns the path of a connection in the API.
func connectionPath(id string) string { return "/@connections/" + url.PathEscape(id) }

// filterFlags select connections.
type filterFlags struct {
	URL     string `name:"url" placeholder:"PATTERN" help:"Only connections whose path has this part or, with *, matches as a whole, such as '/chat/*'."`
	Address string `placeholder:"NETWORK" help:"Only connections of an address, or of a network such as 192.0.2.0/24."`
	Channel string `placeholder:"NAME" help:"Only connections that are subscribed to a channel."`
	State   string `placeholder:"STATE" help:"Only connections in a state: open, halfOpen, closing or closed; several with commas."`
}

// query returns the parameters of a request.
func (f filterFlags) query() url.Values {
	query := url.Values{}
	setUnlessEmpty(query, map[string]string{"url": f.URL, "address": f.Address, "channel": f.Channel, "state": f.State})
	return query
}

func setUnlessEmpty(query url.Values, values map[string]string) {
	for name, value := range values {
		if value != "" {
			query.Set(name, value)
		}
	}
}

// connsLsCommand lists connections.
type connsLsCommand struct {
	filterFlags `embed:""`
	MinAge      duration `placeholder:"DURATION" help:"Only connections that are at least this old."`
	MinIdle     duration `placeholder:"DURATION" help:"Only connections without a message for at least this long."`
	MinQueue    size     `placeholder:"SIZE" help:"Only connections with at least this much in the send queue."`
	Sort        string   `default:"oldest" enum:"oldest,newest,idle,queue" help:"Order: oldest, newest, idle (longest first) or queue (longest first)."`
	Limit       int      `default:"100" short:"n" help:"Maximum number of connections; 0 for all."`
	clientFlags `embed:""`
}

// maxPage is the largest page of a list.
const maxPage = 1000

// Run prints the list.
func (c *connsLsCommand) Run(out *streams) error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit: %d is below 0", c.Limit)
	}
	query := c.query()
	setUnlessEmpty(query, map[string]string{"sort": c.Sort, "min_age": c.MinAge.String(), "min_idle": c.MinIdle.String()})
	if c.MinQueue > 0 {
		query.Set("min_queue", strconv.FormatInt(int64(c.MinQueue), 10))
	}
	list := newTable("ID", "ADDRESS", "URL", "STATE", "AGE", "IDLE", "IN", "OUT", "QUEUE", "CHANNELS")
	left := c.Limit
	for {
		var page admin.ConnectionList
		query.Set("limit", strconv.Itoa(pageSize(left)))
		if err := c.request(http.MethodGet, "/v1/connections", query, nil, &page); err != nil {
			return err
		}
		for _, connection := range page.Connections {
			if err := c.add(out, list, &connection); err != nil {
				return err
			}
		}
		left -= len(page.Connections)
		if page.Next == "" || c.Limit > 0 && left <= 0 {
			break
		}
		query.Set("cursor", page.Next)
	}
	if !c.JSON {
		out.out.printf("%s", list)
	}
	return nil
}

// pageSize returns the size of the next page if left connections are wanted; 0 or less means all.
func pageSize(left int) int {
	if left <= 0 {
		return maxPage
	}
	return min(left, maxPage)
}

// add adds a connection to the list or, with --json, prints it.
func (c *connsLsCommand) add(out *streams, list *table, one *admin.Connection) error {
	if c.JSON {
		return out.printJSON(one)
	}
	list.row(one.ID, orDash(one.Address), one.URL, one.State, secondsText(one.Age), secondsText(one.Idle),
		one.Received.Messages, one.Sent.Messages, bytesText(float64(one.Buffered)), one.Channels)
	return nil
}

// connsGetCommand shows a connection.
type connsGetCommand struct {
	ID          string `arg:"" help:"The connection's id."`
	clientFlags `embed:""`
}

// Run prints the connection.
func (c *connsGetCommand) Run(out *streams) error {
	var one admin.ConnectionDetails
	if err := c.request(http.MethodGet, connectionPath(c.ID), nil, nil, &one); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(&one)
	}
	details := newTable("id", one.ID)
	for _, row := range [][2]any{
		{"address", orDash(one.Address)}, {"url", one.URL}, {"host", one.Host}, {"origin", orDash(one.Origin)},
		{"user agent", orDash(one.Identity.UserAgent)}, {"protocol", orDash(one.Protocol)}, {"state", one.State},
		{"connected", one.ConnectedAt.Local().Format(time.DateTime) + ", " + secondsText(one.Age) + " ago"},
		{"idle", secondsText(one.Idle)}, {"round trip", roundTripText(one.RoundTrip)},
		{"received", trafficText(one.Received)}, {"sent", trafficText(one.Sent)},
		{"send queue", bytesText(float64(one.Buffered))}, {"event queue", one.Queued},
		{"channels", orDash(strings.Join(one.ChannelNames, ", "))},
	} {
		details.row(row[0], row[1])
	}
	out.out.printf("%s", details)
	if len(one.Recent) > 0 {
		recent := newTable("\nTIME", "DIRECTION", "KIND", "SIZE")
		for _, message := range one.Recent {
			recent.row(message.Time.Local().Format("15:04:05.000"), directionText(message.Sent), message.Kind, bytesText(float64(message.Size)))
		}
		out.out.printf("%s", recent)
	}
	return nil
}

func directionText(sent bool) string {
	if sent {
		return "out"
	}
	return "in"
}

func trafficText(t admin.Traffic) string {
	return fmt.Sprintf("%d messages, %s", t.Messages, bytesText(float64(t.Bytes)))
}

func roundTripText(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Microsecond).String()
}

// messageFlags are the message of a command.
type messageFlags struct {
	Message string `arg:"" help:"The message; - reads it from standard input."`
	Binary  bool   `help:"Send a binary message."`
}

// maxSent bounds a message, as the server does.
const maxSent = 1 << 20

// body returns the message as the body of a request.
func (f messageFlags) body() (*adminclient.Body, error) {
	body := &adminclient.Body{Type: "text/plain; charset=utf-8", Content: []byte(f.Message)}
	if f.Binary {
		body.Type = "application/octet-stream"
	}
	if f.Message != "-" {
		return body, nil
	}
	content, err := io.ReadAll(io.LimitReader(os.Stdin, maxSent+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the message from standard input: %w", err)
	}
	if len(content) > maxSent {
		return nil, errors.New("the message on standard input is larger than 1 MiB, the most that the admin API takes")
	}
	body.Content = content
	return body, nil
}

// connsSendCommand sends a message.
type connsSendCommand struct {
	ID           string `arg:"" help:"The connection's id."`
	messageFlags `embed:""`
	clientFlags  `embed:""`
}

// Run sends the message.
func (c *connsSendCommand) Run(*streams) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	return c.request(http.MethodPost, connectionPath(c.ID), nil, body, nil)
}

// connsCloseCommand closes a connection.
type connsCloseCommand struct {
	ID          string `arg:"" help:"The connection's id."`
	Code        int    `default:"1000" help:"Code of the Close: 3000 to 4999, or one of RFC 6455 that may be sent."`
	Reason      string `help:"Reason in the Close, at most 123 bytes."`
	Discard     bool   `help:"Drop what waits to be sent, so that the Close reaches a client that reads slowly."`
	clientFlags `embed:""`
}

// Run starts the closing handshake.
func (c *connsCloseCommand) Run(*streams) error {
	query := url.Values{"code": {strconv.Itoa(c.Code)}, "reason": {c.Reason}}
	if c.Discard {
		query.Set("discard", "true")
	}
	return c.request(http.MethodDelete, connectionPath(c.ID), query, nil, nil)
}

// subscriptionFlags name a connection and a channel.
type subscriptionFlags struct {
	ID          string `arg:"" help:"The connection's id."`
	Channel     string `arg:"" help:"The channel's name."`
	clientFlags `embed:""`
}

func (f subscriptionFlags) path() string {
	return connectionPath(f.ID) + "/channels/" + url.PathEscape(f.Channel)
}

// connsSubscribeCommand subscribes a connection.
type connsSubscribeCommand struct {
	subscriptionFlags `embed:""`
}

// Run subscribes the connection.
func (c *connsSubscribeCommand) Run(*streams) error {
	return c.request(http.MethodPut, c.path(), nil, nil, nil)
}

// connsUnsubscribeCommand ends a subscription.
type connsUnsubscribeCommand struct {
	subscriptionFlags `embed:""`
}

// Run ends the subscription.
func (c *connsUnsubscribeCommand) Run(*streams) error {
	return c.request(http.MethodDelete, c.path(), nil, nil, nil)
}
