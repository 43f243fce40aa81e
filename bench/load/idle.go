//go:build linux

package load

import (
	"net/netip"
	"time"
)

// rehearsal is how many connections come and go before idle ones are weighed, so that
// what a server loads at its first connection does not count.
const rehearsal = 200

// idle measures what connections that have echoed once weigh.
func (l *loop) idle(to netip.AddrPort, pid int, w Work) (Sample, error) {
	if err := l.rehearse(to, w); err != nil {
		return Sample{}, err
	}
	before, err := RSS(pid)
	if err != nil {
		return Sample{}, err
	}
	if err := l.exchange(to, w); err != nil {
		return Sample{}, err
	}
	time.Sleep(w.Window)
	after, err := RSS(pid)
	return Sample{Units: int64(w.Conns), Wall: w.Window, Bytes: after - before}, err
}

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
	request, answer := fromClient(text, data), fromServer(text, data)
	for n := range w.Conns {
		fd, err := open(to, n)
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
		for deadline := time.Now().Add(l.bound); c.got < len(answer); {
			take := func(c *conn, data []byte) error { return c.take(data, answer) }
			if err := l.turn(take); err != nil {
				return err
			}
			if l.now.After(deadline) {
				return errSilent
			}
		}
	}
	return nil
}
