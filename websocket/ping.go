package websocket

import (
	"context"
	"encoding/binary"
	"sync"
)

// pings are the pings whose pongs have not arrived. Their payloads are consecutive
// numbers.
type pings struct {
	mu      sync.Mutex
	last    uint64                   // the number of the last ping
	waiting map[uint64]chan struct{} // one for each call of Ping; closed by the pong
}

// Ping sends a ping and waits for its pong. The peer answers it after it has read what
// was sent before. Like [Conn.Write] Ping waits while 64 KiB or more are queued. If ctx
// ends Ping returns its error, and the connection is not affected. The other errors are
// those of Write.
func (c *Conn) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.awaitDrain(ctx); err != nil {
		return err
	}
	number, answered := c.pings.add()
	defer c.pings.remove(number)
	if err := c.driver.Ping(binary.BigEndian.AppendUint64(nil, number)); err != nil {
		return c.sendError(ctx, err)
	}
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
	}
	select {
	case <-answered: // the pong arrived before the connection ended
		return nil
	default:
		return endError(c.outcome)
	}
}

func (p *pings) add() (number uint64, answered <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = map[uint64]chan struct{}{}
	}
	p.last++
	done := make(chan struct{})
	p.waiting[p.last] = done
	return p.last, done
}

func (p *pings) remove(number uint64) {
	p.mu.Lock()
	delete(p.waiting, number)
	p.mu.Unlock()
}

// pong completes the calls of Ping for this pong and for all pings before it: a peer may
// answer only the last of several pings (RFC 6455, section 5.5.3).
func (p *pings) pong(payload []byte) {
	if len(payload) != 8 {
		return // it answers a keep-alive ping, or is unsolicited
	}
	number := binary.BigEndian.Uint64(payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.last { // unsolicited (RFC 6455, section 5.5.3)
		return
	}
	for waiting, done := range p.waiting {
		if waiting <= number {
			close(done)
			delete(p.waiting, waiting)
		}
	}
}
