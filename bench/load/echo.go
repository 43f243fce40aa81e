//go:build linux

package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"
)

// echo sends messages on all connections, InFlight at once, and the next ones when all
// echoes have arrived.
type echo struct {
	*loop
	tally
	work    Work
	request []byte // the frames that are sent at once
	answer  []byte // the expected echoes
}

func (e *echo) begin(to netip.AddrPort) error {
	sent, expected := payload(e.work.Size), payload(e.work.Size)
	if e.work.JSON {
		sent, expected = order(e.work.Size)
	}
	e.request = bytes.Repeat(fromClient(text, sent), max(e.work.InFlight, 1))
	e.answer = bytes.Repeat(fromServer(text, expected), max(e.work.InFlight, 1))
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
	if err := c.receive(data, e.answer); err != nil {
		return err
	}
	if c.got < len(e.answer) {
		return nil
	}
	e.units += int64(max(e.work.InFlight, 1))
	e.latency.add(time.Since(c.began))
	return e.next(c)
}

// compareEvery is the interval at which the answers of a connection are compared with the
// expected bytes. Others are only counted, because comparing takes time.
const compareEvery = 16

// receive counts the received bytes of an answer, and compares them if it is their turn.
func (c *conn) receive(data, answer []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w after %d bytes of an answer", errEnd, c.got)
	}
	if c.got+len(data) > len(answer) {
		return fmt.Errorf("expected an answer of %d bytes, got %d and more", len(answer), c.got+len(data))
	}
	if want := answer[c.got : c.got+len(data)]; c.checked%compareEvery == 0 && !bytes.Equal(data, want) {
		return fmt.Errorf("the echo differs: expected %.80q, got %.80q", want, data)
	}
	if c.got += len(data); c.got == len(answer) {
		c.checked++
	}
	return nil
}
