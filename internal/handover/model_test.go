//go:build linux

package handover_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/handover"
)

// The model of a server: connections whose state is the list of the operations that were applied to them. Every operation is
// a number of its source, and goes to one connection or is published to all.

// entry is an operation that was applied to a connection.
type entry struct {
	source string
	number uint32
}

const (
	opSend = iota
	opPublish
)

func (e entry) op(id string) handover.Op {
	return handover.Op{ID: id, Kind: opSend, Channel: e.source, Body: binary.BigEndian.AppendUint32(nil, e.number)}
}

func entryOf(op handover.Op) entry {
	return entry{op.Channel, binary.BigEndian.Uint32(op.Body)}
}

func appendLog(b []byte, log []entry) []byte {
	for _, e := range log {
		b = append(append(b, byte(len(e.source))), e.source...)
		b = binary.BigEndian.AppendUint32(b, e.number)
	}
	return b
}

func parseLog(b []byte) (log []entry) {
	for len(b) > 0 {
		n := int(b[0]) + 1
		log = append(log, entry{string(b[1:n]), binary.BigEndian.Uint32(b[n:])})
		b = b[n+4:]
	}
	return log
}

type modelState int

const (
	live   modelState = iota // old: owned. new: started
	frozen                   // old: in a round. new: Moved has brought it
	away                     // old: moved. new: known only
	taken                    // new: committed, not started yet
)

type modelConn struct {
	state modelState
	log   []entry
	held  []entry // operations that wait
	busy  bool    // an event is in progress
}

// world is what both models share in a test.
type world struct {
	steps   atomic.Int64
	failAt  int64        // the step at which fail is called
	fail    func()       // may be nil
	crashed atomic.Bool  // the old process has ended
	fault   func() error // the error of the step, may be nil
}

// tick counts a step of the traffic.
func (w *world) tick() {
	if w.fault == nil {
		_ = w.step()
	}
}

// step counts a step of the schedule. Something happens at one of them.
func (w *world) step() error {
	if w.steps.Add(1) != w.failAt {
		return nil
	}
	if w.fail != nil {
		go w.fail()
	}
	if w.fault != nil {
		return w.fault()
	}
	return nil
}

// modelOld is the old process.
type modelOld struct {
	*world
	mu      sync.Mutex
	conns   map[string]*modelConn
	changed chan struct{} // has an element after an event has completed
	forward func(handover.Op) error
	backs   int
}

func (o *modelOld) Announce(send func(handover.Connection) error) error {
	for _, id := range slices.Sorted(maps.Keys(o.conns)) {
		if err := o.step(); err != nil {
			return err
		}
		if err := send(handover.Connection{ID: id, File: -1}); err != nil {
			return err
		}
	}
	return nil
}

func (o *modelOld) Settle(context.Context) error { return o.step() }
func (o *modelOld) Yield(context.Context) error  { return o.step() }

func (o *modelOld) Freeze(ctx context.Context, send func(handover.Connection) error) (int, error) {
	for first := true; ; first = false {
		if left, sent, err := o.freezeIdle(ctx, send); err != nil || sent || left == 0 || first && o.forward == nil {
			return left, err
		}
		select {
		case <-o.changed:
		case <-ctx.Done():
			if ctx.Err() == context.Canceled {
				return 0, context.Cause(ctx)
			}
		}
	}
}

// FreezeQuiet implements [handover.QuietFreezer]: every third connection is quiet.
func (o *modelOld) FreezeQuiet(_ context.Context, send func(handover.Connection) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, c := range o.conns {
		if c.busy || id[2]%3 != 0 {
			continue
		}
		if err := o.step(); err != nil {
			return err
		}
		if err := send(handover.Connection{ID: id, State: appendLog(nil, c.log), File: -1}); err != nil {
			return err
		}
		c.state = frozen
	}
	return nil
}

func (o *modelOld) freezeIdle(ctx context.Context, send func(handover.Connection) error) (left int, sent bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, c := range o.conns {
		switch {
		case c.state != live:
		case c.busy && ctx.Err() != context.DeadlineExceeded:
			left++
		default:
			if err := o.step(); err != nil {
				return 0, sent, err
			}
			if err := send(handover.Connection{ID: id, State: appendLog(nil, c.log), File: -1}); err != nil {
				return 0, sent, err
			}
			c.state, sent = frozen, true
		}
	}
	return left, sent, nil
}

func (o *modelOld) Commit(forward func(handover.Op) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forward = forward
	for id, c := range o.conns {
		if c.state == frozen {
			for _, e := range c.held {
				_ = forward(e.op(id))
			}
			c.state, c.held = away, nil
		}
	}
	o.tick()
}

func (o *modelOld) RollBack() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.backs++
	for _, c := range o.conns {
		if c.state == frozen {
			c.log = append(c.log, c.held...)
			c.state, c.held = live, nil
		}
	}
}

func (o *modelOld) Apply(op handover.Op) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tick()
	if op.Kind == opSend {
		o.send(op.ID, entryOf(op))
		return
	}
	for id, c := range o.conns {
		if c.state != away {
			o.send(id, entryOf(op))
		}
	}
}

// send does an operation, with mu held.
func (o *modelOld) send(id string, e entry) {
	switch c := o.conns[id]; c.state {
	case live:
		c.log = append(c.log, e)
	case frozen:
		c.held = append(c.held, e)
	case away, taken:
		_ = o.forward(e.op(id))
	}
}

// do does an operation of this process: a send, or a publish without an id.
func (o *modelOld) do(id string, e entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id != "" {
		o.send(id, e)
		return
	}
	op := e.op("")
	op.Kind = opPublish
	for id, c := range o.conns {
		if c.state == frozen {
			op.Except = append(op.Except, id)
		}
		if c.state != away {
			o.send(id, e)
		}
	}
	if o.forward != nil {
		_ = o.forward(op)
	}
}

// complete ends the event in progress of a connection.
func (o *modelOld) complete(id string) {
	o.mu.Lock()
	o.conns[id].busy = false
	o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// modelNew is the new process.
type modelNew struct {
	*world
	mu        sync.Mutex
	conns     map[string]*modelConn
	forward   func(handover.Op) error
	serving   chan struct{} // closed at the first start
	abandoned error
	wrong     []string // calls that must not come
}

func (n *modelNew) Announced(c handover.Connection) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c.ID] = &modelConn{state: away}
	return n.step()
}

func (n *modelNew) Moved(c handover.Connection) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c.ID].state, n.conns[c.ID].log = frozen, parseLog(c.State)
	return n.step()
}

func (n *modelNew) Take(context.Context) error { return n.step() }

func (n *modelNew) Commit(committed func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.step(); err != nil {
		return err
	}
	if err := committed(); err != nil {
		return err
	}
	for _, c := range n.conns {
		if c.state == frozen {
			c.state = taken
		}
	}
	return nil
}

func (n *modelNew) Start(forward func(handover.Op) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		if c.state == taken {
			c.log = append(c.log, c.held...)
			c.state, c.held = live, nil
		}
	}
	if n.forward == nil {
		n.forward = forward
		close(n.serving)
	}
	n.tick()
}

func (n *modelNew) Abandon(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.abandoned = err
	for _, c := range n.conns {
		if c.state != live {
			c.state, c.log, c.held = away, nil, nil
		}
	}
}

func (n *modelNew) Apply(op handover.Op) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tick()
	if op.Kind == opPublish {
		for id, c := range n.conns {
			if (c.state == live || c.state == taken) && !slices.Contains(op.Except, id) {
				c.log = append(c.log, entryOf(op))
			}
		}
		return
	}
	switch c := n.conns[op.ID]; c.state {
	case live, taken:
		c.log = append(c.log, entryOf(op))
	case frozen, away:
		n.wrong = append(n.wrong, fmt.Sprintf("operation %v on %s, which has not been committed", entryOf(op), op.ID))
	}
}

// do does an operation of this process: a send, or a publish without an id.
func (n *modelNew) do(id string, e entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id != "" {
		if c := n.conns[id]; !c.own(e) {
			_ = n.forward(e.op(id))
		}
		return
	}
	for _, c := range n.conns {
		c.own(e)
	}
	op := e.op("")
	op.Kind = opPublish
	_ = n.forward(op)
}

// own does an operation if the connection belongs to the new process, and reports whether it does.
func (c *modelConn) own(e entry) bool {
	switch c.state {
	case live:
		c.log = append(c.log, e)
	case taken:
		c.held = append(c.held, e)
	case frozen, away:
		return false
	}
	return true
}

// source does operations until it is stopped, and remembers what each connection should get.
type source struct {
	name string
	want map[string][]entry
}

func (s *source) run(seed uint64, ids []string, stop <-chan struct{}, do func(id string, e entry), w *world) {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a schedule
	s.want = make(map[string][]entry)
	for number := uint32(1); number <= 200; number++ {
		select {
		case <-stop:
			return
		default:
		}
		if random.IntN(8) == 0 {
			time.Sleep(time.Duration(random.IntN(200)) * time.Microsecond)
		}
		e := entry{s.name, number}
		if random.IntN(3) == 0 {
			for _, id := range ids {
				s.want[id] = append(s.want[id], e)
			}
			do("", e)
		} else {
			id := ids[random.IntN(len(ids))]
			s.want[id] = append(s.want[id], e)
			do(id, e)
		}
		w.tick()
	}
}
