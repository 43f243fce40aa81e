package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the settings of a [Shipper]. The zero value of each means its default.
type Options struct {
	Log  Log
	Node string // the name of this node

	// Sync makes a commit wait until the log has it. Otherwise it waits only while its database is Lag bytes ahead of the log.
	Sync bool
	Lag  int64 // default 1 MiB

	// Waiting bounds the bytes of all databases that wait for the log, in memory. Beyond it commits fail. The default is 256 MiB.
	Waiting int64

	// A snapshot of a database is made when the records after the last one have twice as many bytes, SnapshotBytes at least, or are SnapshotRecords; the
	// defaults are 4 MiB and 1000.
	SnapshotBytes, SnapshotRecords uint64

	// Attempt bounds the time of an attempt to append a record, which is repeated; the default is 5 s.
	Attempt time.Duration

	// Failed is called on a goroutine of its own when nothing more is written to a log, because another node has written to it or too much waits. It may
	// be nil.
	Failed func(name string, cause error)

	Logger *slog.Logger
}

func (o *Options) setDefaults() {
	setDefault(&o.Lag, 1<<20)
	setDefault(&o.Waiting, 256<<20)
	setDefault(&o.SnapshotBytes, 4<<20)
	setDefault(&o.SnapshotRecords, 1000)
	setDefault(&o.Attempt, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T int64 | uint64 | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Shipper writes the changes of the databases of a node to their logs. Its methods may be called by several goroutines.
type Shipper struct {
	options   Options
	snapshots chan struct{} // has an element for each snapshot that is being made
	waiting   atomic.Int64  // the bytes that wait for the log
	counts    counts

	mu   sync.Mutex
	busy map[*Ship]time.Time // those with something to append, since when
}

// counts has the fields of [Status] that only grow.
type counts struct {
	records, bytes, commits, delayed, snapshots, restores, restored, retries, fenced atomic.Uint64
}

// Status is what a [Shipper] has done, and what it does at the moment.
type Status struct {
	Waiting   int64         // the bytes of transactions that are not in the log
	Oldest    time.Duration // how long the oldest of them has waited
	Commits   uint64        // the transactions that are in the log
	Records   uint64        // the records for that, and those of takes and snapshots
	Bytes     uint64        // the bytes of the records
	Delayed   uint64        // the transactions that have waited although Options.Sync is not set
	Snapshots uint64        // the snapshots that were made
	Restores  uint64        // the databases that were replaced or continued from their logs
	Restored  uint64        // the bytes of pages that were written for that
	Retries   uint64        // the attempts to append a record that have failed and were repeated
	Fenced    uint64        // the databases that other nodes have taken while this one had them
}

// maxSnapshots bounds the snapshots that are made at a time. Others wait.
const maxSnapshots = 2

// NewShipper returns a Shipper.
func NewShipper(options Options) *Shipper {
	options.setDefaults()
	return &Shipper{options: options, snapshots: make(chan struct{}, maxSnapshots), busy: map[*Ship]time.Time{}}
}

// Status returns the status of the Shipper.
func (s *Shipper) Status() Status {
	c := &s.counts
	oldest := time.Duration(0)
	s.mu.Lock()
	for _, since := range s.busy {
		oldest = max(oldest, time.Since(since))
	}
	s.mu.Unlock()
	return Status{
		Oldest: oldest, Waiting: s.waiting.Load(), Commits: c.commits.Load(), Records: c.records.Load(), Bytes: c.bytes.Load(), Delayed: c.delayed.Load(),
		Snapshots: c.snapshots.Load(), Restores: c.restores.Load(), Restored: c.restored.Load(), Retries: c.retries.Load(), Fenced: c.fenced.Load(),
	}
}

// report calls Options.Failed.
func (s *Shipper) report(name string, cause error) {
	if failed := s.options.Failed; failed != nil {
		go failed(name, cause)
	}
}

// LostError means that the log of an object has less than its local database has once written to it.
type LostError struct {
	Name  string
	Local Position
	Last  uint64 // the number of the last record of the log; 0 if there is none
}

func (e *LostError) Error() string {
	return fmt.Sprintf("the log %s ends at record %d, but this node has the database of record %d (%s): the log was lost or is older; restore it from a backup, or see docs/objects.md to continue with the local database",
		e.Name, e.Last, e.Local.Number, e.Local)
}

// maxTakes bounds the attempts of Take while an earlier owner still writes.
const maxTakes = 5

// Take makes the database of an object what its log has, takes the log over with the fencing token of its new owner, and returns a Ship, which must be closed. What the
// database has beyond the log, because this node was its last owner, is kept and written to the log. The error is [ErrFenced] if an
// owner with a higher token has written to the log, a *[DamageError] or a *[LostError]; with any other error the caller may try again.
func (s *Shipper) Take(ctx context.Context, name string, token uint64, db Database) (*Ship, error) {
	for attempt := 1; ; attempt++ {
		ship, err := s.take(ctx, name, token, db)
		if attempt == maxTakes || !errors.Is(err, ErrFenced) || errors.Is(err, errHigher) {
			return ship, err
		}
	}
}

// errHigher means that an owner with a higher token has written to the log.
var errHigher = fmt.Errorf("%w: its token is higher", ErrFenced)

func (s *Shipper) take(ctx context.Context, name string, token uint64, db Database) (*Ship, error) {
	position, err := db.Position()
	if err != nil {
		return nil, err
	}
	last, err := s.options.Log.Last(ctx, name)
	if err != nil {
		return nil, err
	}
	if position.Number > last || last == 0 && position.Partial {
		return nil, &LostError{name, position, last}
	}
	ship := newShip(s, name, token, db)
	switch {
	case last == 0:
		err = ship.takeEmpty(ctx)
	case position.Number == last:
		ship.continueAt(position)
		err = ship.appendTake(ctx)
	default:
		err = ship.takeWritten(ctx, position, last)
	}
	if err != nil {
		ship.Close(err)
		return nil, err
	}
	if ship.beginSnapshot() { // after many takes
		go ship.online()
	}
	return ship, nil
}

// takeEmpty takes a log without records. The local database, if there is one, becomes its first snapshot.
func (p *Ship) takeEmpty(ctx context.Context) error {
	p.continueAt(Position{TX: minTX - 1})
	pages, err := p.db.Pages()
	if err != nil {
		return err
	}
	size := pages.Size()
	if err := pages.Close(); err != nil || size == 0 {
		return err
	}
	return p.keep(ctx, Position{Tokens: []uint64{p.token}})
}

// takeWritten takes a log with records after the position of the local database.
func (p *Ship) takeWritten(ctx context.Context, position Position, last uint64) error {
	var newest record
	err := p.shipper.options.Log.Read(ctx, p.name, last, func(number uint64, bytes []byte) (err error) {
		if newest, err = parseRecord(bytes); err != nil {
			err = &DamageError{p.name, number, err}
		}
		newest.file = nil // it is not kept
		last = number
		return err
	})
	switch {
	case err != nil:
		return err
	case newest.token > p.token:
		return errHigher
	case position.has(newest.token):
		p.continueAt(Position{Number: last, TX: newest.tx})
		return p.keep(ctx, Position{Tokens: []uint64{newest.token, p.token}})
	}
	restored, err := restore(ctx, p.shipper.options.Log, p.name, &countingDatabase{p.db, &p.shipper.counts.restored}, position)
	if err != nil {
		return err
	}
	p.shipper.counts.restores.Add(1)
	if restored.token > p.token {
		return errHigher
	}
	p.continueAt(restored.position)
	return p.appendTake(ctx)
}

// keep records that the local database has more than the log, and writes it to the log as a whole.
func (p *Ship) keep(ctx context.Context, position Position) error {
	if err := p.db.Apply(nil, position); err != nil {
		return err
	}
	if err := p.db.Sync(); err != nil {
		return err
	}
	if p.last != 0 {
		if err := p.appendTake(ctx); err != nil {
			return err
		}
	}
	return p.offline(ctx)
}

// countingDatabase counts the bytes of the pages that are written.
type countingDatabase struct {
	Database
	bytes *atomic.Uint64
}

func (d *countingDatabase) Apply(change *Change, position Position) error {
	if change != nil {
		d.bytes.Add(uint64(len(change.Pages)) * PageSize)
	}
	return d.Database.Apply(change, position)
}

// Remove removes the records of all names that begin with prefix, if the log can do that. Otherwise they remain.
func (s *Shipper) Remove(ctx context.Context, prefix string) error {
	if log, ok := s.options.Log.(interface {
		Remove(ctx context.Context, prefix string) error
	}); ok {
		return log.Remove(ctx, prefix)
	}
	return nil
}
