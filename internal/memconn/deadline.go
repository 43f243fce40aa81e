package memconn

import (
	"net"
	"os"
	"time"
)

// deadline is the deadline of one direction of one end. It is guarded by the lock of its link.
type deadline struct {
	moment time.Time
	timer  *time.Timer // nil without a deadline
}

// exceeded returns an error if the deadline has expired.
func (d *deadline) exceeded() error {
	if !d.moment.IsZero() && !time.Now().Before(d.moment) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// set sets the deadline. It wakes waiting goroutines now and when the deadline expires, so that they check it.
func (d *deadline) set(moment time.Time, l *link) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.moment = moment
	if !moment.IsZero() {
		d.timer = time.AfterFunc(time.Until(moment), l.lockAndNotify)
	}
	l.notify()
}

func (l *link) lockAndNotify() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notify()
}

// SetDeadline sets both deadlines. The zero time means no deadline.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.setDeadline(t, &c.readDeadline, &c.writeDeadline)
}

// SetReadDeadline sets the deadline of reads, including those in progress.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(t, &c.readDeadline) }

// SetWriteDeadline sets the deadline of writes, including those in progress. A write may have sent part of its data when
// the deadline expires.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(t, &c.writeDeadline) }

func (c *Conn) setDeadline(t time.Time, deadlines ...*deadline) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.set(t, c.link)
	}
	return nil
}
