package replica

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// Ship writes what the owner of an object commits to the log of the object. Its methods may be called by several goroutines.
type Ship struct {
	shipper *Shipper
	name    string
	token   uint64
	db      Database
	ctx     context.Context //nolint:containedctx // ends with the ship
	cancel  context.CancelCauseFunc

	mu           sync.Mutex
	items        []*item // those that are not in the log, in order; the first one is being appended if running is true
	running      bool
	delayed      int   // the commits of items that wait
	ahead        int64 // the bytes of items
	failed       error // why nothing more is appended
	refused      bool  // a transaction that is durable on this node was not appended
	snapshotting bool

	// Only the goroutine that appends uses these, and Take before there is one.
	last  uint64   // the number of the last record
	tx    uint64   // the number of the last transaction
	taken uint64   // the value of last in the stored position
	full  Position // Records and Bytes since the beginning of the last complete snapshot, and the bytes of that
	since Position // the same since the beginning of the one that is being made
	begin uint64   // the number of the first part of that

	senders sync.WaitGroup // the goroutine that appends
}

// item is what is appended next: transactions as one, or a part of a snapshot.
type item struct {
	changes *gathered // nil for none
	part    *record   // a part of an online snapshot
	commits int       // the number of transactions
	bytes   int64
	done    []func(error)
	began   time.Time
}

// ErrBehind means that too many transactions wait for the log, which is slower than the writes or cannot be reached.
var ErrBehind = errors.New("replica: too many transactions wait for the log of the cluster: it is slower than the writes, or cannot be reached")

// ErrClosed means that the object was given up.
var ErrClosed = errors.New("replica: the log of the object was given up")

func newShip(s *Shipper, name string, token uint64, db Database) *Ship {
	p := &Ship{shipper: s, name: name, token: token, db: db}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	return p
}

// continueAt makes a record the last one.
func (p *Ship) continueAt(position Position) {
	p.last, p.taken, p.tx, p.full = position.Number, position.Number, max(position.TX, minTX-1), position
}

// Position returns the position that has to be stored with the first transaction after Take.
func (p *Ship) Position() Position { return Position{Tokens: []uint64{p.token}} }

// Commit appends what a transaction, which is durable on this node, has changed; nil stands for nothing. It does not block. done is called once: when the
// commit may be acknowledged, or with the error. After an error, which is [ErrFenced] if another node owns the object, nothing more is
// appended. The data of the pages must not change any more.
func (p *Ship) Commit(c *Change, done func(error)) {
	p.mu.Lock()
	if c != nil && p.failed == nil && p.shipper.waiting.Load() > p.shipper.options.Waiting {
		p.failLocked(ErrBehind)
		p.shipper.report(p.name, ErrBehind)
	}
	err := p.failed
	p.refused = p.refused || err != nil && c != nil
	waits := err == nil && p.add(c, done)
	p.mu.Unlock()
	if !waits {
		done(err)
	}
}

// Err returns why nothing more is appended, nil while it is.
func (p *Ship) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// add adds a transaction, and reports whether its commit waits; then done will be called. mu is held.
func (p *Ship) add(c *Change, done func(error)) (waits bool) {
	if c != nil {
		it := p.tail()
		it.commits++
		before := len(it.changes.pages)
		it.changes.add(c)
		p.grow(it, int64(len(it.changes.pages)-before)*(PageSize+32))
	}
	options := &p.shipper.options
	waits = len(p.items) > 0 && (options.Sync || p.delayed > 0 || p.ahead > options.Lag)
	if waits {
		if c != nil && !options.Sync {
			p.shipper.counts.delayed.Add(1)
		}
		p.wait(done)
	}
	return waits
}

// wait calls done when everything that was added is in the log. There is an item. mu is held.
func (p *Ship) wait(done func(error)) {
	it := p.items[len(p.items)-1]
	it.done = append(it.done, done)
	p.delayed++
}

// grow counts the bytes of an item. mu is held.
func (p *Ship) grow(it *item, bytes int64) {
	it.bytes += bytes
	p.ahead += bytes
	p.shipper.waiting.Add(bytes)
}

// tail returns the last item, to which a transaction can be added. mu is held.
func (p *Ship) tail() *item {
	if n := len(p.items); n > 0 && p.items[n-1].changes != nil && (n > 1 || !p.running) {
		return p.items[n-1]
	}
	it := &item{changes: &gathered{}}
	p.push(it)
	return it
}

// push adds an item, and starts the goroutine that appends unless it runs. mu is held.
func (p *Ship) push(it *item) {
	it.began = time.Now()
	p.items = append(p.items, it)
	if !p.running {
		p.running = true
		p.shipper.setBusy(p, it.began)
		p.senders.Go(p.run)
	}
}

// run appends the items until there are none.
func (p *Ship) run() {
	for {
		p.mu.Lock()
		if len(p.items) == 0 {
			p.running = false
			p.shipper.setBusy(p, time.Time{})
			p.mu.Unlock()
			return
		}
		it := p.items[0]
		p.mu.Unlock()
		p.shipper.setBusy(p, it.began)
		err := p.send(it)
		p.sent(it, err)
	}
}

// sent ends the first item.
func (p *Ship) sent(it *item, err error) {
	p.mu.Lock()
	if p.failed != nil { // the item was ended already
		p.mu.Unlock()
		return
	}
	if err != nil {
		p.failLocked(err)
		p.shipper.report(p.name, err)
		p.mu.Unlock()
		return
	}
	p.items[0] = nil
	p.items = p.items[1:]
	p.grow(it, -it.bytes)
	p.delayed -= len(it.done)
	p.shipper.counts.commits.Add(uint64(it.commits)) //nolint:gosec // not negative
	p.mu.Unlock()
	if it.commits > 0 && p.beginSnapshot() {
		go p.online()
	}
	for _, done := range it.done {
		done(nil)
	}
}

// Close gives the log up at once: commits in progress and later ones fail with cause.
func (p *Ship) Close(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failLocked(cause)
}

// failLocked makes commits in progress and later ones fail. mu is held.
func (p *Ship) failLocked(cause error) {
	if p.failed != nil {
		return
	}
	if errors.Is(cause, ErrFenced) {
		p.shipper.counts.fenced.Add(1)
	}
	p.failed = cause
	p.cancel(cause)
	items := p.items
	p.items, p.delayed = nil, 0
	for _, it := range items {
		p.grow(it, -it.bytes)
		p.refused = p.refused || it.commits > 0
	}
	if len(items) > 0 {
		go func() { // done may commit
			for _, it := range items {
				for _, done := range it.done {
					done(cause)
				}
			}
		}()
	}
}

// Flush blocks until everything that is durable on this node is in the log.
func (p *Ship) Flush(ctx context.Context) error {
	flushed := make(chan error, 1)
	p.db.Barrier(func(error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.failed != nil || len(p.items) == 0 {
			flushed <- p.failed
			return
		}
		p.wait(func(err error) { flushed <- err })
	})
	select {
	case err := <-flushed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Release is Flush, and gives the log up, so that another node continues with what this one has. Nothing may be committed any more. After an
// error the log is given up too.
func (p *Ship) Release(ctx context.Context) error {
	err := p.Flush(ctx)
	p.Close(ErrClosed)
	p.senders.Wait()
	if err == nil {
		err = p.db.Sync() // after it refused does not change
	}
	if err == nil && p.hasRefused() {
		err = ErrClosed // by the stored position, the database has more than the log
	}
	if err != nil || p.last == p.taken {
		return err
	}
	position := Position{Number: p.last, TX: p.tx, Records: p.full.Records, Bytes: p.full.Bytes, Snapshot: p.full.Snapshot}
	return p.db.Apply(nil, position)
}

// hasRefused reports whether a transaction that is durable on this node was not appended.
func (p *Ship) hasRefused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// send appends an item.
func (p *Ship) send(it *item) error {
	part := it.part
	if part == nil {
		return p.transaction(p.ctx, it.changes.change())
	}
	if part.first {
		p.since = Position{}
	}
	if err := p.append(p.ctx, part); err != nil {
		return err
	}
	if part.first {
		p.begin = p.last
	}
	if part.last {
		p.completed(p.begin)
	}
	return nil
}

// transaction appends a change, in as many records as it needs.
func (p *Ship) transaction(ctx context.Context, c *Change) error {
	pages, tx := c.Pages, p.tx+1
	for first := true; ; first = false {
		one := &record{kind: transaction, tx: tx, first: first, replaced: first && c.Replaced}
		if c.Size > 0 {
			var err error
			if one.file, pages, err = encodeFile(pages, c.Size, tx); err != nil {
				return err
			}
		}
		one.last = c.Size == 0 || len(pages) == 0
		if err := p.append(ctx, one); err != nil {
			return err
		}
		if one.last {
			break
		}
	}
	p.tx = tx
	if c.Size == 0 { // nothing before it counts
		p.full = Position{Records: 1}
		p.trim(p.last)
	}
	return nil
}

// appendTake appends that the log has another owner.
func (p *Ship) appendTake(ctx context.Context) error {
	return p.append(ctx, &record{kind: take, tx: p.tx, node: p.shipper.options.Node})
}

// append appends a record. Until it is known that it was added, or that another node has written to the log, it is tried again.
func (p *Ship) append(ctx context.Context, one *record) error {
	one.token, one.previous = p.token, p.last
	if one.kind != transaction && one.tx == 0 {
		one.tx = p.tx
	}
	content := one.bytes()
	unknown := false // whether an earlier attempt has added it
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		number, err := p.attempt(ctx, content)
		if err != nil && unknown {
			if at, found := p.find(ctx, content); found {
				number, err = at, nil
			}
		}
		switch {
		case err == nil:
			p.added(number, len(content))
			return nil
		case errors.Is(err, ErrFenced):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		unknown = true
		if p.shipper.counts.retries.Add(1); pause == minPause {
			p.shipper.options.Logger.Warn("a record of a Durable Object was not acknowledged by the log of the cluster, and is appended again", "log", p.name, "error", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// The pauses between attempts to append a record.
const (
	minPause = 50 * time.Millisecond
	maxPause = 2 * time.Second
)

// attempt appends a record, and waits for the result.
func (p *Ship) attempt(ctx context.Context, content []byte) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, p.shipper.options.Attempt)
	defer cancel()
	type result struct {
		number uint64
		err    error
	}
	results := make(chan result, 1)
	p.shipper.options.Log.Append(ctx, p.name, content, p.last, func(number uint64, err error) { results <- result{number, err} })
	select {
	case r := <-results:
		return r.number, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// find looks for a record that an attempt has added without acknowledgement. It can only be the one after p.last.
func (p *Ship) find(ctx context.Context, content []byte) (number uint64, found bool) {
	ctx, cancel := context.WithTimeout(ctx, p.shipper.options.Attempt)
	defer cancel()
	_ = p.shipper.options.Log.Read(ctx, p.name, p.last+1, func(at uint64, one []byte) error {
		if bytes.Equal(one, content) {
			number, found = at, true
		}
		return errFound
	})
	return number, found
}

// errFound ends the reading of a log.
var errFound = errors.New("the record was found")

// added counts a record that is in the log.
func (p *Ship) added(number uint64, bytes int) {
	p.last = number
	for _, counted := range []*Position{&p.full, &p.since} {
		counted.Records++
		counted.Bytes += uint64(bytes) //nolint:gosec // not negative
	}
	p.shipper.counts.records.Add(1)
	p.shipper.counts.bytes.Add(uint64(bytes)) //nolint:gosec // not negative
}

// trim removes the records before a number, which do not count any more.
func (p *Ship) trim(before uint64) {
	ctx, cancel := context.WithTimeout(p.ctx, p.shipper.options.Attempt)
	defer cancel()
	if err := p.shipper.options.Log.Trim(ctx, p.name, before); err != nil && p.ctx.Err() == nil {
		p.shipper.options.Logger.Warn("records of a Durable Object that are not needed any more were not removed from the log of the cluster; the next snapshot removes them", "log", p.name, "error", err)
	}
}

// setBusy records since when a ship has something to append; the zero time stands for nothing.
func (s *Shipper) setBusy(p *Ship, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since.IsZero() {
		delete(s.busy, p)
		return
	}
	s.busy[p] = since
}
