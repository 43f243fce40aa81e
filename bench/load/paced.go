//go:build linux

package load

import (
	"net/netip"
	"time"
)

// paced sends messages at a fixed rate, on the connections in turn. Latency is measured from
// the time at which a message should have been sent, so that a pause of the server counts
// although it also delays sending.
type paced struct {
	*loop
	tally
	work    Work
	request []byte
	answer  []byte
	all     []*conn
	began   time.Time
	sent    int // the number of messages sent
}

func (p *paced) begin(to netip.AddrPort) error {
	data := payload(p.work.Size)
	p.request, p.answer = fromClient(text, data), fromServer(text, data)
	p.wait = 0 // poll without waiting, since the load generator does not share its core
	all, err := p.openAll(to, p.work.Conns)
	p.all, p.began = all, time.Now()
	return err
}

func (p *paced) send() error {
	now := time.Now()
	for {
		due := p.began.Add(time.Duration(p.sent) * time.Second / time.Duration(p.work.Rate))
		c := p.all[p.sent%len(p.all)]
		if due.After(now) || len(c.out) > 0 {
			return nil
		}
		c.due = append(c.due, due)
		p.sent++
		if err := p.write(c, p.request); err != nil {
			return err
		}
	}
}

func (p *paced) handle(c *conn, data []byte) error {
	for {
		part := data[:min(len(data), len(p.answer)-c.got)]
		data = data[len(part):]
		if err := c.receive(part, p.answer); err != nil {
			return err
		}
		if c.got == len(p.answer) {
			p.finish(c)
		}
		if len(data) == 0 {
			return nil
		}
	}
}

func (p *paced) finish(c *conn) {
	c.got = 0
	p.units++
	if len(c.due) > 0 {
		p.latency.add(time.Since(c.due[0]))
		c.due = append(c.due[:0], c.due[1:]...)
	}
}
