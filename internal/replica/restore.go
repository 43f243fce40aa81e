package replica

import (
	"context"
	"errors"
	"fmt"
)

// restorer makes a database what a log has.
type restorer struct {
	ctx  context.Context //nolint:containedctx // of one call
	log  Log
	name string
	db   Database

	position Position // after the last record that counts
	number   uint64   // of the last record
	token    uint64   // of the last record
	scanned  bool     // snapshot is the last complete offline snapshot of the log

	// parts are those of a transaction, until its last part is there, and their bytes.
	parts     []record
	partBytes int

	// A restore that does not begin with the local database, nor with the first record, begins with a snapshot. Transactions after its beginning have
	// newer contents of some of its pages.
	snapshot uint64              // the number of the first part of an offline one; 0 without
	inside   bool                // its last part has not come yet
	newer    map[uint32]struct{} // the pages that later transactions have changed
	smallest uint32              // the smallest size of the database since its beginning
	size     uint32              // the size of the database

	counted Position // Records and Bytes since the newest beginning of a complete snapshot
	since   Position // the same since the beginning of the one that is not complete
}

// errOffline means that the log has the beginning of an offline snapshot, so that it must be scanned first.
var errOffline = errors.New("an offline snapshot begins")

// restore makes the database what the log has up to its last record. If the database is at a record of the log, only later ones are applied.
func restore(ctx context.Context, log Log, name string, db Database, position Position) (*restorer, error) {
	if position.Number != 0 && !position.Partial {
		r := &restorer{ctx: ctx, log: log, name: name, db: db, position: position, number: position.Number, counted: position}
		err := r.read(position.Number + 1)
		if err == nil || !errors.Is(err, errOffline) && !errors.Is(err, errGap) {
			return r, err
		}
	}
	r := &restorer{ctx: ctx, log: log, name: name, db: db}
	err := r.replace()
	if errors.Is(err, errOffline) {
		var from uint64
		if from, err = lastSnapshot(ctx, log, name); err != nil {
			return nil, err
		}
		r = &restorer{ctx: ctx, log: log, name: name, db: db, snapshot: from, scanned: true}
		err = r.replace()
	}
	return r, err
}

// replace makes the database what the log has from the record r.snapshot on, or from the first one.
func (r *restorer) replace() error {
	if err := r.db.Apply(&Change{Replaced: true}, Position{Partial: true}); err != nil {
		return err
	}
	r.position.Partial = true
	if err := r.read(r.snapshot); err != nil {
		return err
	}
	if r.inside || r.number == 0 {
		return r.damage(r.number, errors.New("it ends before its first snapshot does"))
	}
	return nil
}

// read applies the records from a number on, and stores the position.
func (r *restorer) read(from uint64) error {
	if err := r.log.Read(r.ctx, r.name, from, r.record); err != nil {
		return err
	}
	if r.inside {
		return nil
	}
	r.position.Number, r.position.Partial = r.number, false
	r.position.Records, r.position.Bytes, r.position.Snapshot = r.counted.Records, r.counted.Bytes, r.counted.Snapshot
	if err := r.db.Apply(nil, r.position); err != nil {
		return err
	}
	return r.db.Sync()
}

func (r *restorer) damage(number uint64, reason error) error {
	return &DamageError{r.name, number, reason}
}

// errGap means that the records after the position of the local database are not all in the log any more.
var errGap = errors.New("the log has no record that follows the local database")

// record applies a record of the log.
func (r *restorer) record(number uint64, bytes []byte) error {
	one, err := parseRecord(bytes)
	if err != nil {
		return r.damage(number, err)
	}
	if err := r.follow(number, &one); err != nil {
		return err
	}
	r.count(&one, len(bytes))
	switch one.kind {
	case take:
		r.parts = nil
	case transaction:
		err = r.transaction(number, one)
	case online:
		err = r.online(number, &one)
	case offline:
		err = r.offline(number, &one)
	}
	r.number, r.token = number, one.token
	return err
}

// follow checks that a record follows the one before it.
func (r *restorer) follow(number uint64, one *record) error {
	switch {
	case r.number == 0 && one.previous != 0 && (!one.first || !one.isSnapshot()) && !one.isEmpty():
		return r.damage(number, errors.New("it is the first one of the log, and neither a snapshot nor the first one of the object"))
	case r.number != 0 && one.previous != r.number && r.position.Number == r.number && !r.position.Partial:
		return errGap
	case r.number != 0 && one.previous != r.number:
		return r.damage(number, fmt.Errorf("the record before it is %d, expected %d", r.number, one.previous))
	case one.token < r.token:
		return r.damage(number, fmt.Errorf("its owner has the token %d, and an owner with the token %d has written before it", one.token, r.token))
	}
	return nil
}

// isEmpty reports whether a record is a transaction after which the database has no pages, so that nothing before it counts.
func (r *record) isEmpty() bool {
	return r.kind == transaction && r.first && r.last && len(r.file) == 0
}

// isSnapshot reports whether a record is a part of a snapshot.
func (r *record) isSnapshot() bool { return r.kind == online || r.kind == offline }

// count counts the records since the last complete snapshot.
func (r *restorer) count(one *record, bytes int) {
	if one.first && one.isSnapshot() {
		r.since = Position{}
	}
	for _, p := range []*Position{&r.counted, &r.since} {
		p.Records++
		p.Bytes += uint64(bytes)
	}
	switch {
	case one.isEmpty():
		r.counted = Position{Records: 1}
	case one.last && one.isSnapshot():
		r.counted = r.since
		r.counted.Snapshot = r.since.Bytes
	}
}

// maxTransaction bounds the bytes of the parts of a transaction, which are in memory until the last one has come.
const maxTransaction = 256 << 20

// transaction applies a transaction if all of its parts are there.
func (r *restorer) transaction(number uint64, one record) error {
	if one.first {
		r.parts, r.partBytes = nil, 0
	} else if len(r.parts) == 0 {
		return r.damage(number, errors.New("it is a part of a transaction without a first part"))
	}
	if r.partBytes += len(one.file); r.partBytes > maxTransaction {
		return r.damage(number, fmt.Errorf("its transaction has more than %d bytes", maxTransaction))
	}
	if !one.last {
		one.file = append([]byte(nil), one.file...) // the record is not kept
	}
	r.parts = append(r.parts, one)
	if !one.last {
		return nil
	}
	parts := r.parts
	r.parts = nil
	change := &Change{Replaced: parts[0].replaced}
	for i := range parts {
		if len(parts[i].file) == 0 {
			continue
		}
		pages, size, err := decodeFile(parts[i].file, one.tx)
		if err != nil {
			return r.damage(number, err)
		}
		change.Pages, change.Size = append(change.Pages, pages...), size
	}
	return r.apply(number, change, one.tx)
}

// apply applies a transaction.
func (r *restorer) apply(number uint64, change *Change, tx uint64) error {
	if change.Size == 0 || change.Replaced {
		change.Replaced, r.smallest = true, 0
	}
	r.smallest, r.size = min(r.smallest, change.Size), change.Size
	if r.inside {
		for _, p := range change.Pages {
			r.newer[p.Number] = struct{}{}
		}
	}
	r.position.TX = tx
	if !r.position.Partial {
		r.position.Number = number
	}
	return r.db.Apply(change, r.position)
}

// online applies a part of a snapshot, if that is the base of this restore.
func (r *restorer) online(number uint64, one *record) error {
	if r.number == 0 && one.first {
		r.begin(one)
	}
	if !r.inside {
		return nil
	}
	return r.part(number, one)
}

// begin begins with the first part of a snapshot.
func (r *restorer) begin(one *record) {
	r.inside, r.newer, r.smallest = true, map[uint32]struct{}{}, ^uint32(0)
	r.position.TX = one.tx
}

// part applies the pages of a part of a snapshot that no later transaction has changed.
func (r *restorer) part(number uint64, one *record) error {
	var pages []Page
	if one.last {
		r.inside = false
	}
	if len(one.file) > 0 {
		all, size, err := decodeFile(one.file, one.tx)
		if err != nil {
			return r.damage(number, err)
		}
		if r.smallest == ^uint32(0) {
			r.smallest, r.size = size, size
		}
		for _, p := range all {
			if _, newer := r.newer[p.Number]; !newer && p.Number <= r.smallest {
				pages = append(pages, p)
			}
		}
	}
	if len(pages) == 0 {
		return nil
	}
	return r.db.Apply(&Change{Pages: pages, Size: r.size}, Position{Partial: true})
}

// offline applies a part of a snapshot if it is the one with which this restore begins. Others were given up, because the log has been scanned
// for the last one that is complete.
func (r *restorer) offline(number uint64, one *record) error {
	r.parts = nil
	if !r.scanned {
		return errOffline
	}
	if number == r.snapshot {
		r.begin(one)
	}
	if !r.inside {
		return nil
	}
	return r.part(number, one)
}

// lastSnapshot returns the number of the first part of the last offline snapshot that is complete, 0 if there is none.
func lastSnapshot(ctx context.Context, log Log, name string) (number uint64, err error) {
	var begun uint64
	err = log.Read(ctx, name, 0, func(at uint64, bytes []byte) error {
		one, err := parseRecord(bytes)
		if err != nil {
			return &DamageError{name, at, err}
		}
		switch {
		case one.kind != offline:
			begun = 0
			return nil
		case one.first:
			begun = at
		}
		if one.last && begun != 0 {
			number = begun
		}
		return nil
	})
	return number, err
}
