//go:build linux

package load

import (
	"net/netip"
	"time"
)

// fanout sends a message on one connection, and the next when all connections have received
// it.
type fanout struct {
	*loop
	tally
	work    Work
	request []byte
	answer  []byte
	sender  *conn
	missing int       // the number of connections that have not received the message
	began   time.Time // the time at which the message was sent
}

// joinTime is the time that the server has to add the last connection to the receivers.
const joinTime = 200 * time.Millisecond

func (f *fanout) begin(to netip.AddrPort) error {
	data := payload(f.work.Size)
	f.request, f.answer = fromClient(text, data), fromServer(text, data)
	all, err := f.openAll(to, f.work.Conns)
	if err != nil {
		return err
	}
	time.Sleep(joinTime)
	f.sender = all[0]
	return f.next()
}

func (f *fanout) next() error {
	f.missing, f.began = f.work.Conns, time.Now()
	return f.write(f.sender, f.request)
}

func (f *fanout) handle(c *conn, data []byte) error {
	if err := c.receive(data, f.answer); err != nil {
		return err
	}
	if c.got < len(f.answer) {
		return nil
	}
	c.got = 0
	f.units++
	f.latency.add(time.Since(f.began))
	if f.missing--; f.missing > 0 {
		return nil
	}
	return f.next()
}
