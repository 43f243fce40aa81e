package lease

import (
	"context"
	"errors"
	"fmt"
)

// Placement is where an object is.
type Placement struct {
	Node  string
	Token uint64 // the fencing token, if Node is this node: higher than that of every owner before
	Free  bool   // the object has no owner: Node takes it when something is sent to it
}

// placeTries bounds the attempts of one Place, which are repeated only if another node has changed something meanwhile.
const placeTries = 8

// errAgain means that something has changed meanwhile, or that what is known does not suffice.
var errAgain = errors.New("lease: try again")

// Place returns the node that owns an object. If it has no owner, or a dead one, and the nodes agree on this one, this node takes it. The key is
// one of [ObjectKey]. If this node holds the object, Place does not need the store. Otherwise the error is [ErrUnavailable] if that does not answer,
// [ErrFull] or [ErrClosed].
func (m *Manager) Place(ctx context.Context, key string) (Placement, error) {
	return m.place(ctx, key, false)
}

// Take is [Manager.Place] for a node to which another one has sent something for the object. It takes an object without an owner also if it would
// place it elsewhere, because two nodes need not see the same nodes as connected.
func (m *Manager) Take(ctx context.Context, key string) (Placement, error) {
	return m.place(ctx, key, true)
}

func (m *Manager) place(ctx context.Context, key string, asked bool) (Placement, error) {
	done, err := m.turn(ctx, key)
	if err != nil {
		return Placement{}, err
	}
	defer done()
	pause := m.options.TTL / 200
	for try := range placeTries {
		if token, ok := m.Holds(key); ok {
			return Placement{Node: m.options.Node, Token: token}, nil
		}
		next := m.nodes.next()
		p, err := m.try(ctx, key, asked, try)
		if !errors.Is(err, errAgain) {
			m.decided(err)
			return p, err
		}
		if !m.clock.sleep(ctx, pause, next) {
			break
		}
		pause = min(2*pause, m.options.TTL/10)
	}
	return Placement{}, ErrUnavailable
}

// decided counts a placement.
func (m *Manager) decided(err error) {
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.stats.Placements++
	}
}

// turn waits until no other operation is in progress for a key, and begins one, which ends with done.
func (m *Manager) turn(ctx context.Context, key string) (done func(), err error) {
	for {
		m.mu.Lock()
		if m.closed {
			m.mu.Unlock()
			return nil, ErrClosed
		}
		busy := m.turns[key]
		if busy == nil {
			ended := make(chan struct{})
			m.turns[key] = ended
			m.mu.Unlock()
			return func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				delete(m.turns, key)
				close(ended)
			}, nil
		}
		m.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, unavailable(ctx.Err())
		}
	}
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// try places an object once.
func (m *Manager) try(ctx context.Context, key string, asked bool, try int) (Placement, error) {
	e := Entry{Key: key}
	err := m.call(ctx, m.options.TTL/2, func(ctx context.Context) (err error) {
		e, err = m.options.Store.Get(ctx, key)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return m.take(ctx, Entry{Key: key}, asked)
	}
	if err != nil {
		return Placement{}, unavailable(err)
	}
	o, err := parseOwner(e.Value)
	if err != nil {
		return Placement{}, fmt.Errorf("%w (key %q)", err, key)
	}
	switch m.nodes.lifeOf(o) {
	case alive:
		return m.placed(ctx, e, o)
	case dead:
		return m.take(ctx, e, asked)
	case unknown:
	}
	if try > 0 { // the change is not on its way
		m.inquire(ctx, o.node)
	}
	return Placement{}, errAgain
}

// placed returns the placement of an object whose owner has a lease. If that is this node, which does not hold the object, the result of an
// earlier change was not known, or the entry that was read is an old one. An update decides.
func (m *Manager) placed(ctx context.Context, e Entry, o owner) (Placement, error) {
	if o.node != m.options.Node {
		return Placement{Node: o.node}, nil
	}
	m.mu.Lock()
	current := m.valid() && m.lease.incarnation == o.incarnation
	m.mu.Unlock()
	if !current {
		return Placement{}, errAgain // the lease that this node has lost can be seen yet
	}
	return m.takeHere(ctx, e)
}

// take takes an object that has no owner, or a dead one, if it belongs on this node.
func (m *Manager) take(ctx context.Context, e Entry, asked bool) (Placement, error) {
	switch node := m.prefer(e.Key, asked); node {
	case "":
		return Placement{}, ErrUnavailable
	case m.options.Node:
		return m.takeHere(ctx, e)
	default:
		return Placement{Node: node, Free: true}, nil
	}
}

// Lives reports whether a node has a lease, as far as this node has observed.
func (m *Manager) Lives(node string) bool { return m.nodes.lives(node) }

// Prefers reports whether this node would take an object that has no owner.
func (m *Manager) Prefers(key string) bool { return m.prefer(key, false) == m.options.Node }

// prefer returns the node that should take an object without an owner, "" if none can.
func (m *Manager) prefer(key string, asked bool) string {
	m.mu.Lock()
	mine, retiring := m.valid(), m.retiring
	m.mu.Unlock()
	var candidates []string
	for _, node := range m.options.Nodes() {
		if node == m.options.Node && mine && !retiring || node != m.options.Node && m.nodes.takes(node) {
			candidates = append(candidates, node)
		}
	}
	node := rendezvous(candidates, key)
	if mine && (node == "" || asked && !retiring) {
		return m.options.Node
	}
	return node
}

// takeHere makes this node the owner of an object whose entry is e, or which has none if the revision of e is 0.
func (m *Manager) takeHere(ctx context.Context, e Entry) (Placement, error) {
	m.mu.Lock()
	valid, full := m.valid(), len(m.held) >= m.options.MaxHeld
	var o owner
	if valid {
		o = owner{m.options.Node, m.lease.incarnation, m.lease.since}
	}
	m.mu.Unlock()
	switch {
	case !valid:
		return Placement{}, ErrUnavailable
	case full:
		return Placement{}, ErrFull
	}
	var token uint64
	err := m.call(ctx, m.options.TTL/2, func(ctx context.Context) (err error) {
		if e.Revision == 0 {
			token, err = m.options.Store.Create(ctx, e.Key, o.encode())
		} else {
			token, err = m.options.Store.Update(ctx, e.Key, o.encode(), e.Revision)
		}
		return err
	})
	if errors.Is(err, ErrConflict) {
		return Placement{}, errAgain
	}
	if err != nil {
		return Placement{}, unavailable(err)
	}
	return m.hold(e.Key, o, token, e.Revision > 0)
}

// hold records that this node has taken an object.
func (m *Manager) hold(key string, o owner, token uint64, takeover bool) (Placement, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Placement{}, ErrClosed
	}
	if !m.valid() || m.lease.incarnation != o.incarnation { // lost meanwhile; the entry is that of a dead owner
		return Placement{}, ErrUnavailable
	}
	m.held[key] = token
	if takeover {
		m.stats.Takeovers++
	}
	return Placement{Node: o.node, Token: token}, nil
}

// inquire finds out whether a node has a lease, if that is not known. A lease that is absent might have been removed, or not be visible to this node yet. So
// inquire creates and removes one, which the store refuses if there is one.
func (m *Manager) inquire(ctx context.Context, node string) {
	key := nodePrefix + node
	_ = m.call(ctx, m.options.TTL/2, func(ctx context.Context) error {
		e, err := m.options.Store.Get(ctx, key)
		if err == nil {
			m.nodes.observe(e)
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		value := nodeValue{incarnation: newIncarnation(), retiring: true}.encode()
		revision, err := m.options.Store.Create(ctx, key, value)
		if err != nil {
			return err
		}
		m.nodes.observe(Entry{Key: key, Revision: revision, Deleted: true})
		return m.options.Store.Delete(ctx, key, revision)
	})
}
