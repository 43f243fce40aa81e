package memconn

import (
	"net"
	"os"
	"time"
)

// deadline is the moment after which one direction of one end fails. It is guarded by the lock of its link.
type deadline struct {
	moment time.Time
	timer  *time.Timer
}

func (d *deadline) exceeded() error {
	if !d.moment.IsZero() && !time.Now().Before(d.moment) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// set moves the deadline; whoever waits looks at it again now and when it is reached.
func (d *deadline) set(moment time.Time, l *link) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.moment = moment
	if !moment.IsZero() {
		d.timer = time.AfterFunc(time.Until(moment), l.wake)
	}
	l.change()
}

func (l *link) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change()
}

// SetDeadline sets both deadlines. The zero time means none.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadline(t, &c.readEnd, &c.writeEnd) }

// SetReadDeadline makes reads fail from t on, those that wait included.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(t, &c.readEnd) }

// SetWriteDeadline makes writes fail from t on, those that wait included; what they have handed over stays so.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(t, &c.writeEnd) }

func (c *Conn) setDeadline(t time.Time, deadlines ...*deadline) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.failed("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.set(t, c.link)
	}
	return nil
}
