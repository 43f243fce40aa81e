package worker_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// client is a WebSocket client that notes what it is told, as text: "hello" for
// a text message, "bytes [1 2]" for a binary one, "closed 1000 bye" for the end.
type client struct {
	t        testing.TB
	conn     *driver.Driver
	response *http.Response // to the handshake
	heard    chan string
}

// connect makes a connection, with more lines in its request.
func (a *testApp) connect(lines ...string) *client {
	a.t.Helper()
	return a.connectTo("/chat?room=1", lines...)
}

func (a *testApp) connectTo(path string, lines ...string) *client {
	a.t.Helper()
	c, response := a.upgrade(path, lines...)
	if c == nil {
		a.t.Fatalf("the upgrade is accepted with 101; got %d %q", response.StatusCode, response.body)
	}
	return c
}

// decline sends an upgrade request that the application is to decline.
func (a *testApp) decline(lines ...string) answer {
	a.t.Helper()
	c, response := a.upgrade("/chat?room=1", lines...)
	if c != nil {
		a.t.Fatalf("the upgrade is declined; got 101")
	}
	return response
}

// upgrade sends an upgrade request; client is nil if it was declined.
func (a *testApp) upgrade(path string, lines ...string) (*client, answer) {
	a.t.Helper()
	nc := a.ask(path, lines...)
	r := bufio.NewReader(nc)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		a.t.Fatalf("the upgrade request is answered; got %v", err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			a.t.Fatalf("the response is whole; got %v", err)
		}
		_ = nc.Close()
		return nil, answer{response, string(body)}
	}
	early, _ := r.Peek(r.Buffered())
	c := &client{
		t: a.t, response: response, heard: make(chan string, 1<<14),
		conn: driver.New(nc, protocol.Client, early, driver.Options{MaxMessage: 1 << 24}),
	}
	c.conn.Start(c)
	a.t.Cleanup(c.conn.CloseNow)
	return c, answer{Response: response}
}

// ask sends an upgrade request (RFC 6455, section 1.2) and does not wait.
func (a *testApp) ask(path string, lines ...string) net.Conn {
	a.t.Helper()
	nc, err := a.dial()
	if err != nil {
		a.t.Fatal(err)
	}
	request := append([]string{
		"GET " + path + " HTTP/1.1", "Host: linger.test", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	}, lines...)
	if _, err := io.WriteString(nc, strings.Join(request, "\r\n")+"\r\n\r\n"); err != nil {
		a.t.Fatal(err)
	}
	return nc
}

// Events notes messages.
func (c *client) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		switch {
		case ev.Kind == protocol.EventFailing:
			d.Fail()
		case ev.Kind != protocol.EventMessage:
		case ev.Opcode == protocol.Binary:
			c.heard <- fmt.Sprintf("bytes %v", ev.Payload)
		default:
			c.heard <- string(ev.Payload)
		}
	}
	return false
}

// Work is never called: Events returns false.
func (c *client) Work(*driver.Driver) {}

// Drained is not used by tests.
func (c *client) Drained(*driver.Driver) {}

// Closed notes the end.
func (c *client) Closed(_ *driver.Driver, end driver.Outcome) {
	c.heard <- strings.TrimSpace(fmt.Sprintf("closed %d %s", end.Received.Code, end.Received.Reason))
}

// send sends texts.
func (c *client) send(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if _, err := c.conn.Send(protocol.Text, []byte(text)); err != nil {
			c.t.Fatalf("the client can send; got %v", err)
		}
	}
}

func (c *client) sendBytes(b ...byte) {
	c.t.Helper()
	if _, err := c.conn.Send(protocol.Binary, b); err != nil {
		c.t.Fatalf("the client can send; got %v", err)
	}
}

// close starts the closing handshake.
func (c *client) close(code protocol.CloseCode, reason string) {
	c.t.Helper()
	if err := c.conn.Close(code, reason); err != nil {
		c.t.Fatal(err)
	}
}

// next waits for the next thing the client hears.
func (c *client) next() (string, error) {
	select {
	case got := <-c.heard:
		return got, nil
	case <-time.After(patience):
		return "", errors.New("nothing more is heard")
	}
}

// want waits for one thing after the other.
func (c *client) want(wanted ...string) {
	c.t.Helper()
	for _, want := range wanted {
		got, err := c.next()
		if err != nil || got != want {
			c.t.Fatalf("the client hears %q next; got %s %v", brief(want), brief(got), err)
		}
	}
}

func brief(text string) string {
	if len(text) > 200 {
		return fmt.Sprintf("%q... (%d bytes)", text[:200], len(text))
	}
	return fmt.Sprintf("%q", text)
}

func itoa(n int) string { return strconv.Itoa(n) }
