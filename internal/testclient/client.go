// Package testclient is a WebSocket client for tests of programs. It reports received messages and the end of the
// connection as short texts.
package testclient

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// timeout bounds each call that blocks.
const timeout = time.Minute

// Client is a WebSocket client over TCP. Its methods block, and must not be called concurrently.
type Client struct {
	conn        net.Conn
	in          *bufio.Reader
	machine     *protocol.Machine
	closedWrite bool // the connection was closed for writing
}

// Dial opens a WebSocket at http://host:port/path. header has lines such as "Origin: http://example.com". If the server
// does not accept the handshake the error is a *handshake.Failure.
func Dial(url string, header ...string) (*Client, error) {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	offer := handshake.Offer{Key: handshake.NewKey(key), Protocols: subprotocols(header)}
	request, err := upgradeRequest(url, offer, header)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", request.URL.Host, timeout)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, in: bufio.NewReader(conn), machine: protocol.New(protocol.Config{
		Role: protocol.Client, MaxMessage: 1 << 30, MaskKey: maskKey,
	})}
	if err := c.open(request, offer); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// subprotocols returns the subprotocols that the header lines offer.
func subprotocols(header []string) []string {
	for _, line := range header {
		if list, ok := strings.CutPrefix(line, "Sec-WebSocket-Protocol: "); ok {
			return strings.Split(list, ", ")
		}
	}
	return nil
}

func upgradeRequest(url string, offer handshake.Offer, header []string) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	fields, err := offer.Request()
	for _, f := range fields {
		request.Header.Set(f.Name, f.Value)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
		if name == "Host" { // net/http ignores Host in the header
			request.Host = value
		}
	}
	return request, err
}

func (c *Client) open(request *http.Request, offer handshake.Offer) error {
	_ = c.conn.SetDeadline(time.Now().Add(timeout))
	if err := request.Write(c.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.in, request)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // a 101 has no body, and after another response the connection is closed
	_, err = offer.CheckResponse(response.StatusCode, response.Header)
	return err
}

func maskKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

// Send sends a message.
func (c *Client) Send(op protocol.Opcode, payload string) error {
	return errors.Join(c.machine.Send(op, []byte(payload)), c.flush())
}

// Close starts the closing handshake. The code 1005 sends a Close without a status.
func (c *Client) Close(code protocol.CloseCode, reason string) error {
	if code == protocol.CloseNoStatus {
		c.machine.CloseEmpty()
		return c.flush()
	}
	return errors.Join(c.machine.Close(code, reason), c.flush())
}

// Receive blocks until there is a message or the connection ends. It returns a message as "text hello" or "binary " and
// its bytes, the end of the connection as "close 1001 going away", with " unclean" appended if there was no closing
// handshake, and finally "EOF".
func (c *Client) Receive() (string, error) {
	_ = c.conn.SetDeadline(time.Now().Add(timeout))
	for buffer := make([]byte, 64<<10); ; {
		event, ok := c.machine.Next()
		text := c.describe(event)
		if err := c.flush(); err != nil {
			return "", err
		}
		switch {
		case ok && text != "":
			return text, nil
		case ok:
			continue
		case c.machine.Done():
			return "EOF", c.conn.Close()
		}
		n, err := c.in.Read(buffer)
		c.machine.Receive(buffer[:n])
		switch {
		case errors.Is(err, io.EOF):
			c.machine.ReceiveEOF()
		case err != nil:
			return "", err
		}
	}
}

// describe returns the text of an event, or an empty string for events that Receive does not report.
func (c *Client) describe(event protocol.Event) string {
	switch event.Kind {
	case protocol.EventMessage:
		return fmt.Sprintf("%v %s", event.Opcode, event.Payload)
	case protocol.EventClosed:
		end := c.machine.Outcome()
		text := strings.TrimSpace(fmt.Sprintf("close %d %s", end.Received.Code, end.Received.Reason))
		if !end.Clean {
			text += " unclean"
		}
		return text
	case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventPeerClose, protocol.EventFailing:
	}
	return ""
}

// flush writes the machine's output.
func (c *Client) flush() error {
	for frames := c.machine.Output(nil); len(frames) > 0; frames = c.machine.Output(nil) {
		if c.closedWrite { // nothing can be written
			c.machine.Wrote(len(frames))
			continue
		}
		n, err := c.conn.Write(frames)
		if err != nil {
			return err
		}
		c.machine.Wrote(n)
	}
	return nil
}

// Abort closes the TCP connection without a closing handshake.
func (c *Client) Abort() { _ = c.conn.Close() }
