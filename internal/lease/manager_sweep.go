package lease

import (
	"context"
	"sync"
)

// maxSwept bounds the entries that one Sweep removes.
const maxSwept = 100_000

// Sweep removes the entries of objects whose owners are dead, as far as this node would take them, so that the store does not keep those that are not used
// any more. It reads all entries of objects.
func (m *Manager) Sweep(ctx context.Context) error {
	found, err := m.listDead(ctx)
	if err != nil {
		return unavailable(err)
	}
	for _, e := range found {
		done, err := m.turn(ctx, e.Key)
		if err != nil {
			return err
		}
		err = m.call(ctx, m.options.TTL/2, func(ctx context.Context) error { return m.options.Store.Delete(ctx, e.Key, e.Revision) })
		done()
		if err != nil && !isDecided(err) {
			return unavailable(err)
		}
	}
	return nil
}

// listDead returns the entries that Sweep removes.
func (m *Manager) listDead(ctx context.Context) ([]Entry, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var found []Entry
	listed := make(chan struct{})
	add := func(e Entry) {
		o, err := parseOwner(e.Value)
		if e.Deleted || err != nil || m.nodes.lifeOf(o) != dead || !m.Prefers(e.Key) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if len(found) < maxSwept {
			found = append(found, e)
		}
	}
	if err := m.options.Store.Watch(ctx, objectPrefix, add, sync.OnceFunc(func() { close(listed) })); err != nil {
		return nil, err
	}
	select {
	case <-listed:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	mu.Lock()
	defer mu.Unlock()
	return found, nil
}
