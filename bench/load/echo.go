//go:build linux

package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"
)

// echo sends messages on every connection, all at once, and the next when the last of
// them has come back.
type echo struct {
	*loop
	tally
	work    Work
	request []byte
	answer  []byte
}

func (e *echo) begin(to netip.AddrPort) error {
	data := payload(e.work.Size)
	e.request = bytes.Repeat(fromClient(text, data), max(e.work.InFlight, 1))
	e.answer = bytes.Repeat(fromServer(text, data), max(e.work.InFlight, 1))
	all, err := e.openAll(to, e.work.Conns)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := e.next(c); err != nil {
			return err
		}
	}
	return nil
}

func (e *echo) next(c *conn) error {
	c.got, c.began = 0, time.Now()
	return e.write(c, e.request)
}

func (e *echo) handle(c *conn, data []byte) error {
	if err := c.take(data, e.answer); err != nil {
		return err
	}
	if c.got < len(e.answer) {
		return nil
	}
	e.units += int64(max(e.work.InFlight, 1))
	e.latency.add(time.Since(c.began))
	return e.next(c)
}

// each is how many answers of a connection are only counted for one that is compared,
// where comparing takes longer than it should.
const each = 16

// take counts what has arrived of an answer, and compares it.
func (c *conn) take(data, answer []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w, after %d bytes of an answer", errEnd, c.got)
	}
	if c.got+len(data) > len(answer) {
		return fmt.Errorf("expected an answer of %d bytes, got %d and more", len(answer), c.got+len(data))
	}
	if want := answer[c.got : c.got+len(data)]; c.checked%each == 0 && !bytes.Equal(data, want) {
		return fmt.Errorf("what comes back is not what was sent: expected %.80q, got %.80q", want, data)
	}
	if c.got += len(data); c.got == len(answer) {
		c.checked++
	}
	return nil
}
