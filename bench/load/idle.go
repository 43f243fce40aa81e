//go:build linux

package load

import (
	"fmt"
	"net/netip"
	"time"
)

// rehearsal is the number of connections that are opened and closed before memory is
// measured, so that what a server allocates once does not count.
const rehearsal = 200

// idle measures the memory of connections that have echoed one message.
func (l *loop) idle(to netip.AddrPort, pid int, w Work) (Sample, error) {
	if err := l.rehearse(to, w); err != nil {
		return Sample{}, err
	}
	before, _, err := TreeRSS(pid)
	if err != nil {
		return Sample{}, err
	}
	if err := l.exchange(to, w); err != nil {
		return Sample{}, err
	}
	time.Sleep(w.Window)
	after, _, err := TreeRSS(pid)
	return Sample{Units: int64(w.Conns), Wall: w.Window, Bytes: after - before}, err
}

// rehearse opens some connections, echoes a message on each, and closes them.
func (l *loop) rehearse(to netip.AddrPort, w Work) error {
	w.Conns = min(rehearsal, w.Conns)
	if err := l.exchange(to, w); err != nil {
		return err
	}
	for _, c := range l.conns {
		if c != nil {
			l.remove(c)
		}
	}
	time.Sleep(w.Warm)
	return nil
}

// exchange opens the connections and echoes one message on each.
func (l *loop) exchange(to netip.AddrPort, w Work) error {
	data := payload(w.Size)
	answer := fromServer(text, data)
	request, receive := fromClient(text, data), func(c *conn, data []byte) error { return c.receive(data, answer) }
	if w.Deflate {
		request, receive = fromClient(compressed, deflated(data)), (*conn).receiveCompressed
	}
	for n := range w.Conns {
		fd, err := open(to, n, w.Deflate)
		if err != nil {
			return err
		}
		c := &conn{fd: fd}
		if err := l.add(c); err != nil {
			return err
		}
		if err := l.write(c, request); err != nil {
			return err
		}
		if err := l.await(c, receive); err != nil {
			return err
		}
	}
	return nil
}

// await waits until an answer has arrived.
func (l *loop) await(c *conn, receive handler) error {
	for deadline := time.Now().Add(l.timeout); c.checked == 0; {
		if err := l.turn(receive); err != nil {
			return err
		}
		if l.now.After(deadline) {
			return errSilent
		}
	}
	return nil
}

// receiveCompressed counts the received bytes of a compressed answer. It does not compare
// them, because compressors differ.
func (c *conn) receiveCompressed(data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w after %d bytes of an answer", errEnd, len(c.head))
	}
	c.head = append(c.head, data...)
	switch size := frameSize(c.head); {
	case c.head[0] != compressed:
		return fmt.Errorf("expected a compressed text, got a frame that begins with %x", c.head[0])
	case size > 0 && len(c.head) >= size:
		c.checked, c.head = 1, nil
	}
	return nil
}
