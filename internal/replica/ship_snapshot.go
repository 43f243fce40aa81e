package replica

import (
	"context"
	"errors"
)

// partPages is the number of pages of a database that are read for a part of a snapshot; tests change it.
var partPages = MaxRecord / PageSize

// isSnapshotDue reports whether the log has grown enough for a snapshot: it has twice the bytes of the last one after that. mu is held, by the goroutine
// that appends.
func (p *Ship) isSnapshotDue() bool {
	o := &p.shipper.options
	return !p.snapshotting && (p.full.Bytes >= max(o.SnapshotBytes, 3*p.full.Snapshot) || p.full.Records >= o.SnapshotRecords)
}

// beginSnapshot reports whether a snapshot is due, which the caller has to make then. It is called by the goroutine that appends, or before there is one.
func (p *Ship) beginSnapshot() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.failed == nil && p.isSnapshotDue()
	p.snapshotting = p.snapshotting || due
	return due
}

// offline appends the local database as a snapshot that begins another history. Nothing else is appended meanwhile.
func (p *Ship) offline(ctx context.Context) (err error) {
	pages, err := p.db.Pages()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pages.Close()) }()
	if pages.Size() == 0 {
		return p.transaction(ctx, &Change{Replaced: true})
	}
	p.since = Position{}
	p.tx++
	parts := &parts{pages: pages, tx: p.tx}
	begin := uint64(0)
	for first := true; ; first = false {
		file, last, err := parts.next()
		if err != nil {
			return err
		}
		if err := p.append(ctx, &record{kind: offline, tx: p.tx, first: first, last: last, file: file}); err != nil {
			return err
		}
		if first {
			begin = p.last
		}
		if last {
			break
		}
	}
	p.completed(begin)
	return nil
}

// completed ends a snapshot that is in the log from a record on.
func (p *Ship) completed(begin uint64) {
	p.full = p.since
	p.full.Snapshot = p.since.Bytes
	p.shipper.counts.snapshots.Add(1)
	p.trim(begin)
}

// parts makes the parts of a snapshot.
type parts struct {
	pages Pages
	tx    uint64
	read  uint32 // the number of the last page that was read
	rest  []Page // those that did not fit into the last part
}

// next returns the next part as an LTX file, and whether it is the last one.
func (p *parts) next() (file []byte, last bool, err error) {
	pages := p.rest
	for len(pages) < partPages && p.read < p.pages.Size() {
		p.read++
		data := make([]byte, PageSize)
		if err := p.pages.Read(p.read, data); err != nil {
			return nil, false, err
		}
		pages = append(pages, Page{p.read, data})
	}
	file, p.rest, err = encodeFile(pages, p.pages.Size(), p.tx)
	return file, p.read >= p.pages.Size() && len(p.rest) == 0, err
}

// online makes a snapshot while transactions are appended.
//
// Its parts have the pages of the file at different times, after what was committed before its beginning. So they may have more than the transactions before
// them in the log, but never more than those before its end: it is added after all changes that were durable when the last page was
// read. A restore that begins with the snapshot applies the transactions after its beginning over it. As they have whole pages, the
// result is right when all transactions before the end were applied.
func (p *Ship) online() {
	err := p.snapshot()
	p.mu.Lock()
	p.snapshotting = false
	failed := p.failed != nil
	p.mu.Unlock()
	if err != nil && !failed {
		p.shipper.options.Logger.Warn("a snapshot of a Durable Object was not completed; another one is made after the next transaction", "log", p.name, "error", err)
	}
}

func (p *Ship) snapshot() (err error) {
	select {
	case p.shipper.snapshots <- struct{}{}:
		defer func() { <-p.shipper.snapshots }()
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
	begin, err := p.mark(&record{kind: online, first: true})
	if err != nil {
		return err
	}
	pages, err := p.db.Pages()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pages.Close()) }()
	parts := &parts{pages: pages, tx: begin.tx}
	for last := pages.Size() == 0; !last; {
		var file []byte
		if file, last, err = parts.next(); err != nil {
			return err
		}
		if err := p.part(&record{kind: online, tx: begin.tx, file: file}); err != nil {
			return err
		}
	}
	_, err = p.mark(&record{kind: online, tx: begin.tx, last: true})
	return err
}

// mark appends the beginning or the end of a snapshot after all changes that are durable now.
func (p *Ship) mark(one *record) (*record, error) {
	marked := make(chan error, 1)
	p.db.Barrier(func(err error) {
		if err != nil {
			marked <- err
			return
		}
		p.pushPart(one, func(err error) { marked <- err })
	})
	select {
	case err := <-marked:
		return one, err
	case <-p.ctx.Done():
		return nil, context.Cause(p.ctx)
	}
}

// part appends a part of a snapshot, and waits until it is in the log.
func (p *Ship) part(one *record) error {
	appended := make(chan error, 1)
	p.pushPart(one, func(err error) { appended <- err })
	return <-appended
}

// pushPart adds a record after the transactions that were added.
func (p *Ship) pushPart(one *record, done func(error)) {
	p.mu.Lock()
	failed := p.failed
	if failed == nil {
		it := &item{part: one}
		p.push(it)
		p.wait(done)
	}
	p.mu.Unlock()
	if failed != nil {
		done(failed)
	}
}
