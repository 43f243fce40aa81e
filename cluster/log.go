package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lingerws/linger/internal/replica"
)

// streamLog has a stream with a subject for each name, as a [replica.Log]. The number of a record is its sequence.
type streamLog struct{ node *Node }

var _ replica.Log = streamLog{}

// Log returns the log of the cluster, for worker.Shared. Its methods return ErrStorage while JetStream is not available.
func (n *Node) Log() replica.Log { return streamLog{n} }

// Append implements [replica.Log]. done is called on a goroutine of the node. The bytes that wait to be sent are bounded by Options.SendQueue.
func (l streamLog) Append(ctx context.Context, name string, record []byte, last uint64, done func(number uint64, err error)) {
	err := checkPath(name)
	if err == nil && len(record) > replica.MaxRecord {
		err = fmt.Errorf("cluster: the record has %d bytes, expected %d at most", len(record), replica.MaxRecord)
	}
	if err != nil {
		l.node.storage.following.Go(func() { done(0, err) })
		return
	}
	m := expecting(l.node.subjects.log(name), record, last)
	finished := func(m *nats.Msg, err error) {
		number, err := published(m, err)
		if errors.Is(err, errWrongLast) {
			err = replica.ErrFenced
		}
		done(number, err)
	}
	if l.node.storage.open.Load() {
		l.node.storage.request(ctx, m, finished)
		return
	}
	l.node.storage.following.Go(func() {
		if err := l.node.storage.ready(ctx); err != nil {
			done(0, err)
			return
		}
		l.node.storage.request(ctx, m, finished)
	})
}

// Last implements [replica.Log].
func (l streamLog) Last(ctx context.Context, name string) (uint64, error) {
	if err := checkPath(name); err != nil {
		return 0, err
	}
	m, err := l.node.storage.get(ctx, l.node.subjects.logStream(), queryLast{l.node.subjects.log(name)})
	if errors.Is(err, errNoMessage) {
		return 0, nil
	}
	return m.Sequence, err
}

// Read implements [replica.Log].
func (l streamLog) Read(ctx context.Context, name string, from uint64, record func(number uint64, record []byte) error) error {
	last, err := l.Last(ctx, name)
	if err != nil {
		return err
	}
	subject := l.node.subjects.log(name)
	for next := from; next <= last; {
		m, err := l.node.storage.get(ctx, l.node.subjects.logStream(), queryNext{next, subject})
		if errors.Is(err, errNoMessage) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Sequence < next {
			return fmt.Errorf("%w: the record %d was asked for, and the answer has %d", ErrStorage, next, m.Sequence)
		}
		if m.Sequence > last {
			return nil
		}
		if err := record(m.Sequence, m.Data); err != nil {
			return err
		}
		next = m.Sequence + 1
	}
	return nil
}

// Trim implements [replica.Log]. The last record of a name always remains.
func (l streamLog) Trim(ctx context.Context, name string, before uint64) error {
	last, err := l.Last(ctx, name)
	if err != nil || last == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := l.node.storage.jetStream.Stream(ctx, l.node.subjects.logStream())
	if err == nil {
		err = stream.Purge(ctx, jetstream.WithPurgeSubject(l.node.subjects.log(name)), jetstream.WithPurgeSequence(min(before, last)))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	return nil
}
