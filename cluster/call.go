package cluster

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/lingerws/linger"
)

// calls are the calls of a node that are in progress.
type calls struct {
	mu       sync.Mutex
	last     uint64
	byNumber map[uint64]*call
}

type call struct {
	to      address
	parts   senders
	answer  chan answer // has room for one value
	removed bool        // it has its answer, or nothing waits for it
}

type answer struct {
	record []byte
	err    error
}

// Call implements [linger.Cluster].
func (n *Node) Call(ctx context.Context, node, service string, record []byte) ([]byte, error) {
	if err := checkService(service); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	to, ok := n.members.serving(node)
	if !ok {
		return nil, linger.ErrUnreachable
	}
	number, c, err := n.calls.begin(to, n.opts.MaxCalls)
	if err != nil {
		return nil, err
	}
	defer n.calls.end(number, c, &n.assembly)
	reply := n.subjects.response(n.self, strconv.FormatUint(number, 36))
	if err := n.sendRecord(n.subjects.service(to, service), reply, 0, record); err != nil {
		return nil, err
	}
	select {
	case a := <-c.answer:
		return a.record, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-n.ended:
		return nil, linger.ErrUnreachable
	}
}

func (c *calls) begin(to address, most int) (uint64, *call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byNumber) >= most {
		return 0, nil, linger.ErrClusterFull
	}
	c.last++
	started := &call{to: to, answer: make(chan answer, 1)}
	c.byNumber[c.last] = started
	return c.last, started, nil
}

func (c *calls) end(number uint64, ended *call, limit *assembly) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byNumber, number)
	ended.removed = true
	ended.parts.clear(limit)
}

// finish gives a call its answer. mu is held.
func (c *call) finish(a answer) {
	if !c.removed {
		c.removed = true
		c.answer <- a
	}
}

// gone ends the calls to a process that has ended.
func (c *calls) gone(to address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, started := range c.byNumber {
		if started.to == to {
			started.finish(answer{err: linger.ErrUnreachable})
		}
	}
}

// arrivedResponse adds a response, or a part of one, to its call. A response that is late is dropped without a count: its call has ended.
func (n *Node) arrivedResponse(m *nats.Msg) {
	number, err := strconv.ParseUint(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], 36, 64)
	if err != nil {
		n.drop(faultMalformed, m.Subject)
		return
	}
	n.calls.mu.Lock()
	defer n.calls.mu.Unlock()
	c := n.calls.byNumber[number]
	if c == nil || c.removed {
		return
	}
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" { // no subscription to the subject of the service
		c.finish(answer{err: linger.ErrUnreachable})
		return
	}
	f, ok := parseFrame(m.Data)
	if !ok || f.from != c.to {
		n.drop(faultMalformed, m.Subject)
		return
	}
	record, complete, why := c.parts.accept(f, &n.assembly)
	n.drop(why, m.Subject)
	switch {
	case f.flags&flagRefused != 0 || why == faultSize:
		c.finish(answer{err: linger.ErrRecordSize})
	case complete:
		n.counts.recordsIn.Add(1)
		c.finish(answer{record: record})
	case why != faultNone:
		c.finish(answer{err: linger.ErrUnreachable})
	}
}
