package lease

import (
	"context"
	"errors"
	"time"
)

// Release gives up an object that this node holds, so that the next [Manager.Place] of any node decides anew. It has to be at rest, and what it has written has
// to be where the next owner finds it. Without the store the error is [ErrUnavailable]: this node does not hold the object any more, and no
// other can take it before this one takes it again or its lease ends.
func (m *Manager) Release(ctx context.Context, key string) error {
	done, err := m.turn(ctx, key)
	if err != nil {
		return err
	}
	defer done()
	return m.release(ctx, key)
}

func (m *Manager) release(ctx context.Context, key string) error {
	m.mu.Lock()
	token, ok := m.held[key]
	delete(m.held, key)
	m.mu.Unlock()
	if !ok {
		return nil
	}
	err := m.call(ctx, m.options.TTL/2, func(ctx context.Context) error { return m.options.Store.Delete(ctx, key, token) })
	if err != nil && !errors.Is(err, ErrConflict) {
		return unavailable(err)
	}
	m.mu.Lock()
	m.stats.Released++
	m.mu.Unlock()
	return nil
}

// Retire makes the other nodes take what has no owner, and this one only if there is no other. What it holds stays until Release.
func (m *Manager) Retire() { m.setRetiring(true) }

// Unretire undoes [Manager.Retire].
func (m *Manager) Unretire() { m.setRetiring(false) }

func (m *Manager) setRetiring(retiring bool) {
	m.mu.Lock()
	m.retiring = retiring
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default: // there is an element already
	}
}

// Yield gives the lease of the node and all objects that it holds to another process, which has the result as Options.Incarnation. All objects have to be at rest. From
// then on this manager holds nothing and places nothing, until Resume; after Close the lease goes on.
func (m *Manager) Yield() (incarnation string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.yielded = true
	clear(m.held)
	return m.own
}

// Resume undoes [Manager.Yield], because the other process has ended or never began.
func (m *Manager) Resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.yielded = false
	m.changed.Release()
}

// awaitResume waits while another process has the lease. It returns false after Close.
func (m *Manager) awaitResume() bool {
	for {
		m.mu.Lock()
		yielded, next := m.yielded, m.changed.Next()
		m.mu.Unlock()
		if !yielded {
			return m.ctx.Err() == nil
		}
		select {
		case <-next:
		case <-m.ctx.Done():
			return false
		}
	}
}

// Close releases what the node holds, then its lease, and ends the manager. All objects have to be at rest. If ctx ends before, or the store does not answer, others
// take the objects when the lease has ended.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	keys := make([]string, 0, len(m.held))
	for key := range m.held {
		keys = append(keys, key)
	}
	m.mu.Unlock()
	first, cancel := halfOf(ctx) // the lease of the node is released too: with it the objects are free in any case
	failed := m.releaseAll(first, keys)
	cancel()
	m.cancel()
	m.ended.Wait()
	m.mu.Lock()
	lease, yielded := m.lease, m.yielded
	m.lease = nil
	clear(m.held)
	m.mu.Unlock()
	if lease == nil || yielded {
		return failed
	}
	return errors.Join(failed, m.releaseLease(ctx, lease))
}

// halfOf returns a context that ends after half of the time that ctx has left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

// releases bounds the objects that Close releases at the same time.
const releases = 16

func (m *Manager) releaseAll(ctx context.Context, keys []string) error {
	next, failed := make(chan string, len(keys)), make(chan error, releases)
	for _, key := range keys {
		next <- key
	}
	close(next)
	for range releases {
		go func() {
			var first error
			for key := range next {
				if err := m.release(ctx, key); err != nil && first == nil {
					first = err
				}
			}
			failed <- first
		}()
	}
	var all []error
	for range releases {
		all = append(all, <-failed)
	}
	return errors.Join(all...)
}

// releaseLease removes the entry of the node. The last renewal may have been made although its result is not known.
func (m *Manager) releaseLease(ctx context.Context, lease *nodeLease) error {
	key := nodePrefix + m.options.Node
	err := m.call(ctx, m.options.TTL/2, func(ctx context.Context) error {
		err := m.options.Store.Delete(ctx, key, lease.revision)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		e, err := m.options.Store.Get(ctx, key)
		if err != nil {
			return err
		}
		if v, _ := parseNode(e.Value); v.incarnation != lease.incarnation {
			return ErrConflict // it is the lease of another process
		}
		return m.options.Store.Delete(ctx, key, e.Revision)
	})
	if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return unavailable(err)
}
