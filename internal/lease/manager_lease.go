package lease

import (
	"context"
	"errors"
	"time"
)

// run takes the lease of the node, renews it, and takes another one when it was lost, until Close.
func (m *Manager) run() {
	if !m.watch() {
		return
	}
	for m.acquire() {
		m.renew()
		if m.ctx.Err() != nil {
			return
		}
		m.lose()
	}
}

// watch begins to observe the leases of all nodes. It returns false after Close.
func (m *Manager) watch() bool {
	for {
		err := m.options.Store.Watch(m.ctx, nodePrefix, m.nodes.observe, func() {})
		if err == nil {
			return true
		}
		m.options.Logger.Warn("the store of the cluster cannot be watched; this node owns no objects until it can", "error", err)
		if !m.clock.sleep(m.ctx, m.options.TTL/renewals, nil) {
			return false
		}
	}
}

// acquire takes the lease of the node with a new incarnation. It returns false after Close, and if another process has the name.
func (m *Manager) acquire() bool {
	incarnation, last := m.nextIncarnation()
	var other Entry // the lease of another process with this name
	renewed := 0    // how often it was renewed meanwhile
	warned := false
	for m.awaitResume() {
		sent := m.clock.moment()
		e, err := m.claim(incarnation, last)
		if err == nil {
			m.acquired(incarnation, e.Revision, sent)
			return true
		}
		if errors.Is(err, ErrConflict) {
			if e.Revision != other.Revision && other.Revision != 0 {
				renewed++
			}
			other = e
			if renewed >= renewals && m.taken() {
				return false
			}
		} else if !warned {
			m.options.Logger.Warn("this node cannot take its lease in the store of the cluster; it owns no objects until it can", "error", err)
			warned = true
		}
		if !m.clock.sleep(m.ctx, m.options.TTL/checks, m.nodes.next()) {
			return false
		}
	}
	return false
}

// nextIncarnation returns the incarnation with which the node takes its lease, and the one that it had before.
func (m *Manager) nextIncarnation() (next, last string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, last = newIncarnation(), m.own
	if last == "" && m.options.Incarnation != "" {
		next = m.options.Incarnation
	}
	m.own = next
	return next, last
}

// claim tries once to make the entry of the node one with an incarnation. It may replace an entry of this manager with the incarnation last, whose objects have been
// stopped. The error is ErrConflict, with the entry, if another process has made it.
func (m *Manager) claim(incarnation, last string) (e Entry, err error) {
	key, value := nodePrefix+m.options.Node, nodeValue{incarnation, m.isRetiring()}.encode()
	err = m.call(m.ctx, m.options.TTL/2, func(ctx context.Context) (err error) {
		if e.Revision, err = m.options.Store.Create(ctx, key, value); !errors.Is(err, ErrConflict) {
			return err
		}
		if e, err = m.options.Store.Get(ctx, key); err != nil {
			return err
		}
		m.nodes.observe(e)
		v, err := parseNode(e.Value)
		if err != nil || v.incarnation != incarnation && v.incarnation != last {
			return ErrConflict
		}
		e.Revision, err = m.options.Store.Update(ctx, key, value, e.Revision)
		return err
	})
	return e, err
}

// acquired records that the node has its lease.
func (m *Manager) acquired(incarnation string, revision uint64, sent moment) {
	m.nodes.observe(Entry{Key: nodePrefix + m.options.Node, Value: nodeValue{incarnation, m.isRetiring()}.encode(), Revision: revision})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lease = &nodeLease{incarnation: incarnation, since: revision, revision: revision, deadline: sent.add(m.term())}
	m.changed.Release()
}

// term is the time for which this node has its lease after a renewal, by its own clock.
func (m *Manager) term() time.Duration { return m.options.TTL - m.options.TTL/marginDivide }

// taken gives up if another process has the name of this node since the beginning.
func (m *Manager) taken() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stats.Lost > 0 {
		return false
	}
	m.failure = ErrNameTaken
	m.changed.Release()
	m.options.Logger.Error("this node owns no objects: another process has its name and renews the lease; give each node a name of its own, and start this one again")
	return true
}

func (m *Manager) isRetiring() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.retiring
}

// renew renews the lease until it has ended, or until Close.
func (m *Manager) renew() {
	pause := m.options.TTL / renewals
	for m.awaitResume() {
		left := m.remaining()
		if left <= 0 || !m.clock.sleep(m.ctx, min(pause, left), m.wake) {
			return
		}
		switch err := m.renewOnce(); {
		case err == nil:
			pause = m.options.TTL / renewals
		case errors.Is(err, errEnded):
			return
		default:
			pause = m.options.TTL / renewals / 8
		}
	}
}

// remaining returns the time to the end of the lease, which is 0 or less if the node has none.
func (m *Manager) remaining() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease == nil {
		return 0
	}
	return m.clock.until(m.lease.deadline)
}

// errEnded means that the lease of this node was removed or replaced.
var errEnded = errors.New("lease: the lease of the node has ended")

// renewOnce tries once to renew the lease.
func (m *Manager) renewOnce() error {
	key := nodePrefix + m.options.Node
	m.mu.Lock()
	incarnation, revision := m.lease.incarnation, m.lease.revision
	value := nodeValue{incarnation, m.retiring}.encode()
	m.mu.Unlock()
	var renewed uint64
	sent := m.clock.moment()
	err := m.call(m.ctx, min(m.options.TTL/renewals, m.remaining()), func(ctx context.Context) (err error) {
		renewed, err = m.options.Store.Update(ctx, key, value, revision)
		return err
	})
	if errors.Is(err, ErrConflict) {
		return m.reconcile(key, incarnation)
	}
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lease.revision, m.lease.deadline = renewed, sent.add(m.term())
	return nil
}

// reconcile reads the entry of the node after a conflict. If an earlier renewal, whose result was not known, has caused it, the next one goes on from that.
func (m *Manager) reconcile(key, incarnation string) error {
	var e Entry
	err := m.call(m.ctx, m.options.TTL/renewals, func(ctx context.Context) (err error) {
		e, err = m.options.Store.Get(ctx, key)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return errEnded
	}
	if err != nil {
		return err
	}
	if v, err := parseNode(e.Value); err != nil || v.incarnation != incarnation {
		return errEnded
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lease.revision = max(m.lease.revision, e.Revision)
	return ErrConflict
}

// lose ends what the node holds, after its lease has ended.
func (m *Manager) lose() {
	m.mu.Lock()
	held := len(m.held)
	m.lease = nil
	clear(m.held)
	m.stats.Lost++
	m.mu.Unlock()
	m.options.Logger.Warn("this node has lost its lease, because it could not renew it in time; its objects are stopped, and other nodes may take them", "objects", held)
	m.options.Lost()
}

// expire removes the leases of nodes that have not renewed them, until Close.
func (m *Manager) expire() {
	for m.clock.sleep(m.ctx, m.options.TTL/checks, nil) {
		m.mu.Lock()
		own := m.own
		m.mu.Unlock()
		for node, revision := range m.nodes.expired(m.options.TTL, own) {
			err := m.call(m.ctx, m.options.TTL/renewals, func(ctx context.Context) error {
				return m.options.Store.Delete(ctx, nodePrefix+node, revision)
			})
			switch {
			case err == nil:
				m.options.Logger.Warn("a node has not renewed its lease; its objects can be taken over", "node", node)
			case errors.Is(err, ErrConflict): // what this node has observed is out of date
				m.inquire(m.ctx, node)
			}
		}
	}
}
