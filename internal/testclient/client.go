// Package testclient is a WebSocket client for tests of programs: it says what the test says, and tells in words what
// comes back.
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

// patience bounds each wait. Nothing takes this long unless it is broken.
const patience = time.Minute

// Client is the protocol's client role on TCP. Whoever uses it waits for it, so it needs no lock.
type Client struct {
	conn    net.Conn
	in      *bufio.Reader
	machine *protocol.Machine
	left    bool // this direction of TCP has ended
}

// Dial opens a WebSocket at http://host:port/path. header has lines such as "Origin: http://example.com". An answer
// that opens none is a *handshake.Failure.
func Dial(url string, header ...string) (*Client, error) {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	offer := handshake.Offer{Key: handshake.NewKey(key), Protocols: subprotocols(header)}
	request, err := upgradeRequest(url, offer, header)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", request.URL.Host, patience)
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

// subprotocols finds what the client offers among its header lines.
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
		if name == "Host" { // which package net/http takes from another place
			request.Host = value
		}
	}
	return request, err
}

func (c *Client) open(request *http.Request, offer handshake.Offer) error {
	_ = c.conn.SetDeadline(time.Now().Add(patience))
	if err := request.Write(c.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.in, request)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // a 101 has none, and another answer ends the connection
	_, err = offer.CheckResponse(response.StatusCode, response.Header)
	return err
}

func maskKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

// Send sends a whole message.
func (c *Client) Send(op protocol.Opcode, payload string) error {
	return errors.Join(c.machine.Send(op, []byte(payload)), c.flush())
}

// Close starts the closing handshake.
func (c *Client) Close(code protocol.CloseCode, reason string) error {
	return errors.Join(c.machine.Close(code, reason), c.flush())
}

// Receive waits for what comes next: "text hello", "binary " and the bytes, or at the end "close 1001 going away", where
// "unclean" is added if there was no closing handshake. Behind that comes "EOF".
func (c *Client) Receive() (string, error) {
	_ = c.conn.SetDeadline(time.Now().Add(patience))
	for buffer := make([]byte, 64<<10); ; {
		event, ok := c.machine.Next()
		told := c.describe(event)
		if err := c.flush(); err != nil {
			return "", err
		}
		switch {
		case ok && told != "":
			return told, nil
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

// describe returns what receive tells of an event; of pings nothing, they are answered already.
func (c *Client) describe(event protocol.Event) string {
	switch event.Kind {
	case protocol.EventMessage:
		return fmt.Sprintf("%v %s", event.Opcode, event.Payload)
	case protocol.EventClosed:
		end := c.machine.Outcome()
		told := strings.TrimSpace(fmt.Sprintf("close %d %s", end.Received.Code, end.Received.Reason))
		if !end.Clean {
			told += " unclean"
		}
		return told
	case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventPeerClose, protocol.EventFailing:
	}
	return ""
}

// flush writes what the machine has to say.
func (c *Client) flush() error {
	for frames := c.machine.Output(nil); len(frames) > 0; frames = c.machine.Output(nil) {
		if c.left { // nothing can be sent any more
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

// Cut ends TCP without a closing handshake, if it has not ended yet.
func (c *Client) Cut() { _ = c.conn.Close() }
