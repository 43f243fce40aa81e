package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lingerws/linger/internal/lease"
)

// store is the bucket of a cluster, as a [lease.Store]. The revision of an entry is the sequence of its message.
type store struct{ node *Node }

var _ lease.Store = store{}

// Store returns the store of the cluster, for worker.Shared. Its methods return ErrStorage while JetStream is not available.
func (n *Node) Store() lease.Store { return store{n} }

// The header of the mark that an entry was removed, as tools of NATS expect it.
const (
	operationHeader = "KV-Operation"
	operationRemove = "PURGE"
)

// Get implements [lease.Store].
func (s store) Get(ctx context.Context, key string) (lease.Entry, error) {
	if err := checkPath(key); err != nil {
		return lease.Entry{}, err
	}
	n := s.node
	m, err := n.storage.get(ctx, n.subjects.bucketStream(), queryLast{n.subjects.key(key)})
	if errors.Is(err, errNoMessage) {
		return lease.Entry{}, lease.ErrNotFound
	}
	if err != nil {
		return lease.Entry{}, err
	}
	if isRemoval(m.Header) {
		return lease.Entry{Revision: m.Sequence}, lease.ErrNotFound
	}
	return lease.Entry{Key: key, Value: m.Data, Revision: m.Sequence}, nil
}

// isRemoval reports whether the header of a message is that of a mark.
func isRemoval(header []byte) bool {
	if len(header) == 0 {
		return false
	}
	h, err := nats.DecodeHeadersMsg(header)
	return err == nil && isMark(h)
}

func isMark(h nats.Header) bool {
	return h.Get(operationHeader) != "" || h.Get(jetstream.MarkerReasonHeader) != ""
}

// Create implements [lease.Store].
func (s store) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	revision, err := s.change(ctx, key, value, 0)
	if !errors.Is(err, lease.ErrConflict) {
		return revision, err
	}
	// There may be the mark of a removed entry, which is the last message then.
	mark, err := s.Get(ctx, key)
	if err == nil || errors.Is(err, lease.ErrNotFound) && mark.Revision == 0 {
		return 0, lease.ErrConflict
	}
	if !errors.Is(err, lease.ErrNotFound) {
		return 0, err
	}
	return s.change(ctx, key, value, mark.Revision)
}

// Update implements [lease.Store].
func (s store) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if revision == 0 {
		return 0, lease.ErrConflict
	}
	return s.change(ctx, key, value, revision)
}

// change adds a value if the last message of the key has a sequence.
func (s store) change(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	if err := checkPath(key); err != nil {
		return 0, err
	}
	return s.publish(ctx, expecting(s.node.subjects.key(key), value, last))
}

func (s store) publish(ctx context.Context, m nats.Msg) (uint64, error) {
	revision, err := published(s.node.storage.wait(ctx, m))
	if errors.Is(err, errWrongLast) {
		return 0, lease.ErrConflict
	}
	return revision, err
}

// Delete implements [lease.Store]. It leaves a mark, which the server drops after markerAge.
func (s store) Delete(ctx context.Context, key string, revision uint64) error {
	if err := checkPath(key); err != nil {
		return err
	}
	if revision == 0 {
		return lease.ErrConflict
	}
	m := expecting(s.node.subjects.key(key), nil, revision)
	m.Header[operationHeader] = []string{operationRemove}
	m.Header[jetstream.MsgTTLHeader] = []string{markerAge.String()}
	_, err := s.publish(ctx, m)
	return err
}

// Watch implements [lease.Store].
func (s store) Watch(ctx context.Context, prefix string, changed func(lease.Entry), current func()) error {
	if prefix != "" {
		if err := checkPath(prefix); err != nil {
			return err
		}
	}
	n := s.node
	if err := n.storage.ready(ctx); err != nil {
		return err
	}
	w := &watch{node: n, prefix: prefix, filter: n.subjects.keysBelow(prefix), changed: changed, current: current, known: map[string]uint64{}}
	if !n.storage.follow(func() { w.follow(ctx) }) {
		return ErrClosed
	}
	return nil
}

// watch is a Watch in progress. When its consumer fails, another one starts with all entries, which are compared with those that are known.
type watch struct {
	node    *Node
	prefix  string
	filter  string
	changed func(lease.Entry)
	current func() // nil after it was called

	known map[string]uint64 // the revisions of the entries
}

// follow runs consumers until ctx or the node ends.
func (w *watch) follow(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.node.storage.context, cancel)()
	for ctx.Err() == nil {
		if err := w.consume(ctx); err != nil && ctx.Err() == nil {
			w.node.warn(kindStorage, "a watch of the store was interrupted", "error", err)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// consume reports all entries, and then the changes, until there is an error.
func (w *watch) consume(ctx context.Context) error {
	attempt, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	consumer, err := w.node.storage.jetStream.OrderedConsumer(attempt, w.node.subjects.bucketStream(), jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{w.filter}, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		MaxResetAttempts: 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return err
	}
	waiting := consumer.CachedInfo().NumPending
	messages, err := consumer.Messages(jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(10*time.Second))
	if err != nil {
		return err
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Stop)()
	seen := map[string]bool{}
	for ; ; waiting-- {
		if waiting == 0 {
			w.complete(seen)
			seen = nil
		}
		m, err := messages.Next()
		if err != nil {
			return err
		}
		if key := w.report(m); seen != nil {
			seen[key] = true
		}
	}
}

// report reports a message that is a change of an entry.
func (w *watch) report(m jetstream.Msg) (key string) {
	n := w.node
	key, ok := unescapePath(strings.TrimPrefix(m.Subject(), n.subjects.keys()))
	information, err := m.Metadata()
	if !ok || err != nil {
		n.drop(faultMalformed, m.Subject())
		return ""
	}
	revision := information.Sequence.Stream
	if !strings.HasPrefix(key, w.prefix) || revision <= w.known[key] {
		return key
	}
	deleted := isMark(m.Headers())
	_, known := w.known[key]
	if deleted {
		delete(w.known, key)
	} else {
		w.known[key] = revision
	}
	if !deleted || known || w.current == nil {
		w.changed(lease.Entry{Key: key, Value: slices.Clone(m.Data()), Revision: revision, Deleted: deleted})
	}
	return key
}

// complete reports the entries that are gone without a mark, and that the rest was reported.
func (w *watch) complete(seen map[string]bool) {
	for key, revision := range w.known {
		if !seen[key] {
			delete(w.known, key)
			w.changed(lease.Entry{Key: key, Revision: revision, Deleted: true})
		}
	}
	if w.current != nil {
		w.current()
		w.current = nil
	}
}
