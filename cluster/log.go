package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

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
		go done(0, err)
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
	go func() {
		if err := l.node.storage.ready(ctx); err != nil {
			done(0, err)
			return
		}
		l.node.storage.request(ctx, m, finished)
	}()
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

// directReads is the number of records that are read one by one, before a consumer is made for the rest.
const directReads = 8

// Read implements [replica.Log].
func (l streamLog) Read(ctx context.Context, name string, from uint64, record func(number uint64, record []byte) error) error {
	last, err := l.Last(ctx, name)
	if err != nil {
		return err
	}
	next := from
	for range directReads {
		if next > last {
			return nil
		}
		m, err := l.node.storage.get(ctx, l.node.subjects.logStream(), queryNext{next, l.node.subjects.log(name)})
		if errors.Is(err, errNoMessage) || err == nil && m.Sequence > last {
			return nil // it was removed in the meantime
		}
		if err != nil {
			return err
		}
		if m.Sequence < next {
			return fmt.Errorf("%w: the answer has the record %d, expected %d or a later one", ErrStorage, m.Sequence, next)
		}
		if err := record(m.Sequence, m.Data); err != nil {
			return err
		}
		next = m.Sequence + 1
	}
	if next > last {
		return nil
	}
	return l.consume(ctx, name, next, last, record)
}

// consume reads the records of a name from one number to another with a consumer, which sends many at a time.
func (l streamLog) consume(ctx context.Context, name string, next, last uint64, record func(uint64, []byte) error) error {
	attempt, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	consumer, err := l.node.storage.jetStream.OrderedConsumer(attempt, l.node.subjects.logStream(), jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{l.node.subjects.log(name)}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next,
		MaxResetAttempts: 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(10*time.Second))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	defer messages.Stop()
	for number := uint64(0); number < last; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrStorage, err)
		}
		information, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrStorage, err)
		}
		if number = information.Sequence.Stream; number > last {
			return nil
		}
		if err := record(number, m.Data()); err != nil {
			return err
		}
	}
	return nil
}

// Trim implements [replica.Log]. The last record of a name always remains.
func (l streamLog) Trim(ctx context.Context, name string, before uint64) error {
	last, err := l.Last(ctx, name)
	if err != nil || last == 0 {
		return err
	}
	return l.purge(ctx, purge{Subject: l.node.subjects.log(name), Sequence: min(before, last)})
}

// Remove removes the records of all names that begin with a prefix, which ends with '/'.
func (l streamLog) Remove(ctx context.Context, prefix string) error {
	if err := checkPath(prefix); err != nil {
		return err
	}
	above, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return fmt.Errorf("%w: the prefix %q, expected '/' at its end", ErrName, prefix)
	}
	return l.purge(ctx, purge{Subject: l.node.subjects.log(above) + ".>"})
}

// purge is a request to remove messages of a stream: those before a sequence, or all.
type purge struct {
	Subject  string `json:"filter"`
	Sequence uint64 `json:"seq,omitempty"`
}

func (l streamLog) purge(ctx context.Context, p purge) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	m, err := l.node.storage.query(ctx, nats.Msg{Subject: "$JS.API.STREAM.PURGE." + l.node.subjects.logStream(), Data: body})
	if err != nil {
		return err
	}
	var a struct {
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return fmt.Errorf("%w: the answer is not JSON: %w", ErrStorage, err)
	}
	return a.Error.err()
}
