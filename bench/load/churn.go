//go:build linux

package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// churn opens a connection, echoes one message, closes the connection and opens the next. It
// waits for the server's Close and then for its EOF, because the server ends TCP first
// (RFC 6455, section 7.1.1).
type churn struct {
	*loop
	tally
	work    Work
	to      netip.AddrPort
	opened  int    // the number of connections opened
	request []byte // the frame of the message
	echoed  []byte // the expected echo
	close   []byte // the client's Close frame
	closed  []byte // the expected Close frame of the server
}

// stage is what a connection of churn waits for.
type stage uint8

const (
	handshaking stage = iota
	echoing
	ending
)

func (h *churn) begin(netip.AddrPort) error {
	data := payload(h.work.Size)
	h.request, h.echoed = fromClient(text, data), fromServer(text, data)
	h.close, h.closed = fromClient(closing, closeStatus), fromServer(closing, closeStatus)
	for range h.work.Conns {
		if err := h.next(); err != nil {
			return err
		}
	}
	return nil
}

func (h *churn) next() error {
	began := time.Now()
	fd, err := connect(h.to, h.opened)
	if err != nil {
		return err
	}
	h.opened++
	c := &conn{fd: fd, began: began}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	if err := h.add(c); err != nil {
		return err
	}
	return h.write(c, []byte(request))
}

func (h *churn) handle(c *conn, data []byte) error {
	switch c.stage {
	case handshaking:
		return h.handshake(c, data)
	case echoing:
		if err := c.receive(data, h.echoed); err != nil || c.got < len(h.echoed) {
			return err
		}
		c.got, c.checked, c.stage = 0, 0, ending
		return h.write(c, h.close)
	case ending:
		return h.end(c, data)
	}
	return nil
}

func (h *churn) handshake(c *conn, data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("handshake: %w", errEnd)
	}
	c.head = append(c.head, data...)
	if rest, err := checkHandshake(c.head); err != nil || rest != 0 {
		return err
	}
	c.head, c.stage = nil, echoing
	return h.write(c, h.request)
}

// end checks that the server sends its Close and then ends TCP.
func (h *churn) end(c *conn, data []byte) error {
	if len(data) > 0 {
		c.head = append(c.head, data...)
		return nil
	}
	if !bytes.Equal(c.head, h.closed) {
		return fmt.Errorf("expected a Close with code 1000 (%x) and the end, got %x", h.closed, c.head)
	}
	h.remove(c)
	h.units++
	h.latency.add(time.Since(c.began))
	return h.next()
}
