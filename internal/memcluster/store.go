package memcluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/replica"
)

// store is what the nodes share: the entries of a [lease.Store] and the records of a [replica.Log].
type store struct {
	mu       sync.Mutex
	last     uint64 // the last revision, and the last number of a record
	entries  map[string]lease.Entry
	watches  map[*watch]struct{}
	cut      map[string]bool // the nodes without a connection to the store
	logs     map[string][]record
	appended func(node, name string, record []byte) // observes what was appended; nil for nothing
}

type watch struct {
	node    *Node
	prefix  string
	changed func(lease.Entry)
}

type record struct {
	number uint64
	bytes  []byte
}

func newStore() store {
	return store{entries: map[string]lease.Entry{}, watches: map[*watch]struct{}{}, cut: map[string]bool{}, logs: map[string][]record{}}
}

// errCut is the error of a node that has no connection to the store.
var errCut = errors.New("memcluster: the store is not reachable")

// CutStore cuts the connection of a node to the store, or restores it. Changes that the node would have been notified of are reported
// when it is restored.
func (c *Cluster) CutStore(node string, cut bool) {
	s := &c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut[node] = cut
	if cut {
		return
	}
	for w := range s.watches {
		if w.node.name == node {
			s.report(w, slices.Collect(maps.Values(s.entries)))
		}
	}
}

// Observe calls appended for each record that a node appends, with the store locked.
func (c *Cluster) Observe(appended func(node, name string, record []byte)) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.store.appended = appended
}

// Entries returns the entries of the store whose keys begin with prefix, in order.
func (c *Cluster) Entries(prefix string) []lease.Entry {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	var found []lease.Entry
	for _, key := range slices.Sorted(maps.Keys(c.store.entries)) {
		if e := c.store.entries[key]; strings.HasPrefix(key, prefix) && !e.Deleted {
			found = append(found, e)
		}
	}
	return found
}

// report passes entries to a watch, on the goroutine of its node. mu is held.
func (s *store) report(w *watch, entries []lease.Entry) {
	if s.cut[w.node.name] {
		return
	}
	slices.SortFunc(entries, func(a, b lease.Entry) int { return int(a.Revision) - int(b.Revision) }) //nolint:gosec // small numbers
	for _, e := range entries {
		if strings.HasPrefix(e.Key, w.prefix) {
			w.node.deliver(func() { w.changed(e) })
		}
	}
}

// deliver queues a call for the goroutine of the node.
func (n *Node) deliver(call func()) {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	n.add(call)
}

// Store is the connection of a node to what all nodes share.
type Store struct{ node *Node }

// Store returns the connection of the node to what all nodes share.
func (n *Node) Store() *Store { return &Store{n} }

// enter locks the store for a call of the node.
func (d *Store) enter(ctx context.Context) (*store, error) {
	s := &d.node.cluster.store
	s.mu.Lock()
	err := ctx.Err()
	if err == nil && s.cut[d.node.name] {
		err = errCut
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return s, nil
}

// Get implements [lease.Store].
func (d *Store) Get(ctx context.Context, key string) (lease.Entry, error) {
	s, err := d.enter(ctx)
	if err != nil {
		return lease.Entry{}, err
	}
	defer s.mu.Unlock()
	e, ok := s.entries[key]
	if !ok || e.Deleted {
		return lease.Entry{}, lease.ErrNotFound
	}
	return e, nil
}

// Create implements [lease.Store].
func (d *Store) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	return d.change(ctx, lease.Entry{Key: key, Value: slices.Clone(value)}, func(old lease.Entry, ok bool) bool { return !ok || old.Deleted })
}

// Update implements [lease.Store].
func (d *Store) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return d.change(ctx, lease.Entry{Key: key, Value: slices.Clone(value)}, func(old lease.Entry, ok bool) bool {
		return ok && !old.Deleted && old.Revision == revision
	})
}

// Delete implements [lease.Store].
func (d *Store) Delete(ctx context.Context, key string, revision uint64) error {
	_, err := d.change(ctx, lease.Entry{Key: key, Deleted: true}, func(old lease.Entry, ok bool) bool {
		return ok && !old.Deleted && old.Revision == revision
	})
	return err
}

// change stores an entry if the old one is as expected.
func (d *Store) change(ctx context.Context, e lease.Entry, expected func(old lease.Entry, ok bool) bool) (uint64, error) {
	s, err := d.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	old, ok := s.entries[e.Key]
	if !expected(old, ok) {
		return 0, lease.ErrConflict
	}
	s.last++
	e.Revision = s.last
	s.entries[e.Key] = e
	for w := range s.watches {
		s.report(w, []lease.Entry{e})
	}
	return e.Revision, nil
}

// Watch implements [lease.Store].
func (d *Store) Watch(ctx context.Context, prefix string, changed func(lease.Entry), current func()) error {
	s, err := d.enter(ctx)
	if err != nil {
		return err
	}
	w := &watch{d.node, prefix, changed}
	s.watches[w] = struct{}{}
	var entries []lease.Entry
	for e := range maps.Values(s.entries) {
		if !e.Deleted {
			entries = append(entries, e)
		}
	}
	s.report(w, entries)
	d.node.deliver(current)
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watches, w)
	})
	return nil
}

var (
	_ lease.Store = (*Store)(nil)
	_ replica.Log = (*Store)(nil)
)

// Append implements [replica.Log]. It calls done on the goroutine of the node.
func (d *Store) Append(ctx context.Context, name string, bytes []byte, last uint64, done func(uint64, error)) {
	number, err := d.append(ctx, name, bytes, last)
	d.node.deliver(func() { done(number, err) })
}

func (d *Store) append(ctx context.Context, name string, bytes []byte, last uint64) (uint64, error) {
	s, err := d.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if s.lastOf(name) != last {
		return 0, replica.ErrFenced
	}
	s.last++
	s.logs[name] = append(s.logs[name], record{s.last, slices.Clone(bytes)})
	if s.appended != nil {
		s.appended(d.node.name, name, bytes)
	}
	return s.last, nil
}

// lastOf returns the number of the last record of a name. mu is held.
func (s *store) lastOf(name string) uint64 {
	if records := s.logs[name]; len(records) > 0 {
		return records[len(records)-1].number
	}
	return 0
}

// Last implements [replica.Log].
func (d *Store) Last(ctx context.Context, name string) (uint64, error) {
	s, err := d.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.lastOf(name), nil
}

// Read implements [replica.Log].
func (d *Store) Read(ctx context.Context, name string, from uint64, read func(uint64, []byte) error) error {
	s, err := d.enter(ctx)
	if err != nil {
		return err
	}
	records := slices.Clone(s.logs[name])
	s.mu.Unlock()
	for _, r := range records {
		if r.number < from {
			continue
		}
		if err := read(r.number, r.bytes); err != nil {
			return err
		}
	}
	return nil
}

// Trim implements [replica.Log]. The last record of a name always remains.
func (d *Store) Trim(ctx context.Context, name string, before uint64) error {
	s, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	records := s.logs[name]
	for len(records) > 1 && records[0].number < before {
		records = records[1:]
	}
	s.logs[name] = records
	return nil
}
