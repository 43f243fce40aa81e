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

// client is a WebSocket client that records events as text: "hello" for a text
// message, "bytes [1 2]" for a binary one, "closed 1000 bye" for the end.
type client struct {
	t        testing.TB
	conn     *driver.Driver
	response *http.Response // the response to the upgrade request
	received chan string
}

// connect opens a connection; lines are added to the head of its request.
func (a *testApp) connect(lines ...string) *client {
	a.t.Helper()
	return a.connectTo("/chat?room=1", lines...)
}

func (a *testApp) connectTo(path string, lines ...string) *client {
	a.t.Helper()
	c, response := a.upgrade(path, lines...)
	if c == nil {
		a.t.Fatalf("the upgrade request is answered with 101; got %d %q", response.StatusCode, response.body)
	}
	return c
}

// decline sends an upgrade request and returns the response, which must not be 101.
func (a *testApp) decline(lines ...string) answer {
	a.t.Helper()
	c, response := a.upgrade("/chat?room=1", lines...)
	if c != nil {
		a.t.Fatalf("the upgrade request is declined; got 101")
	}
	return response
}

// upgrade sends an upgrade request. The client is nil if the response is not 101.
func (a *testApp) upgrade(path string, lines ...string) (*client, answer) {
	a.t.Helper()
	nc := a.sendUpgrade(path, lines...)
	r := bufio.NewReader(nc)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		a.t.Fatalf("the upgrade request is answered; got %v", err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			a.t.Fatalf("the response is complete; got %v", err)
		}
		_ = nc.Close()
		return nil, answer{response, string(body)}
	}
	early, _ := r.Peek(r.Buffered())
	c := &client{
		t: a.t, response: response, received: make(chan string, 1<<14),
		conn: driver.New(nc, protocol.Client, early, driver.Options{MaxMessage: 1 << 24, CloseTimeout: testTimeout}),
	}
	c.conn.Start(c)
	a.t.Cleanup(c.conn.CloseNow)
	return c, answer{Response: response}
}

// sendUpgrade sends an upgrade request (RFC 6455, section 1.2) without reading the response.
func (a *testApp) sendUpgrade(path string, lines ...string) net.Conn {
	a.t.Helper()
	request := append([]string{
		"GET " + path + " HTTP/1.1", "Host: linger.test", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	}, lines...)
	return a.sendBytes(strings.Join(request, "\r\n") + "\r\n\r\n")
}

// sendBytes opens a connection and sends the bytes of a request.
func (a *testApp) sendBytes(request string) net.Conn {
	a.t.Helper()
	nc, err := a.dial()
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := io.WriteString(nc, request); err != nil {
		a.t.Fatal(err)
	}
	return nc
}

// Events records messages.
func (c *client) Events(_ *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		switch {
		case ev.Kind != protocol.EventMessage:
		case ev.Opcode == protocol.Binary:
			c.received <- fmt.Sprintf("bytes %v", ev.Payload)
		default:
			c.received <- string(ev.Payload)
		}
	}
	return false
}

// Work is never called: Events returns false.
func (c *client) Work(*driver.Driver) {}

// Drained does nothing.
func (c *client) Drained(*driver.Driver) {}

// Closed records the end.
func (c *client) Closed(_ *driver.Driver, end driver.Outcome) {
	c.received <- strings.TrimSpace(fmt.Sprintf("closed %d %s", end.Received.Code, end.Received.Reason))
}

// send sends text messages.
func (c *client) send(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if _, err := c.conn.Send(protocol.Text, []byte(text)); err != nil {
			c.t.Fatalf("Send succeeds; got %v", err)
		}
	}
}

func (c *client) sendBytes(b ...byte) {
	c.t.Helper()
	if _, err := c.conn.Send(protocol.Binary, b); err != nil {
		c.t.Fatalf("Send succeeds; got %v", err)
	}
}

// close starts the closing handshake.
func (c *client) close(code protocol.CloseCode, reason string) {
	c.t.Helper()
	if err := c.conn.Close(code, reason); err != nil {
		c.t.Fatal(err)
	}
}

// next waits for the next event and returns it.
func (c *client) next() (string, error) {
	select {
	case got := <-c.received:
		return got, nil
	case <-time.After(testTimeout):
		return "", errors.New("no further event")
	}
}

// want waits for the events wanted, in this order.
func (c *client) want(wanted ...string) {
	c.t.Helper()
	for _, want := range wanted {
		got, err := c.next()
		if err != nil || got != want {
			c.t.Fatalf("the client receives %s next; got %s %v", brief(want), brief(got), err)
		}
	}
}

// brief quotes a text and shortens it to 200 bytes.
func brief(text string) string {
	if len(text) > 200 {
		return fmt.Sprintf("%q... (%d bytes)", text[:200], len(text))
	}
	return fmt.Sprintf("%q", text)
}

func itoa(n int) string { return strconv.Itoa(n) }
