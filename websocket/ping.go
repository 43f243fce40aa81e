package websocket

import (
	"context"
	"encoding/binary"
	"sync"
)

// pings are those that wait for their pongs.
type pings struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan struct{} // no more than there are callers of Ping
}

// Ping sends a ping and waits for its pong. The peer answers when it reads, so it
// may take as long as what it has to read before. Like Write it first waits for
// room. If ctx ends the connection is unharmed. The other errors are those of
// [Conn.Write].
func (c *Conn) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.awaitRoom(ctx); err != nil {
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
	case <-answered: // before the end
		return nil
	default:
		return endError(c.end)
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

// answered lets go on who waits for this pong, and for those before it: a peer may
// answer the last of several pings only (RFC 6455, section 5.5.3).
func (p *pings) answered(payload []byte) {
	if len(payload) != 8 {
		return // of the keep-alive, or unasked for
	}
	number := binary.BigEndian.Uint64(payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.last { // unasked for: RFC 6455, section 5.5.3
		return
	}
	for waiting, done := range p.waiting {
		if waiting <= number {
			close(done)
			delete(p.waiting, waiting)
		}
	}
}
