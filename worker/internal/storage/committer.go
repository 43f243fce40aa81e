package storage

import (
	"errors"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// commit is a transaction that has to become durable.
type commit struct {
	change *change                  // nil if only the system database changes
	system func(*sqlite.Conn) error // changes the system database in the same transaction; nil for no change
	ship   *replica.Ship            // gets the change when it is durable, and calls done; nil if there is none
	done   func(error)

	barrier bool // nothing changes; done gets the reason if something durable is not written to its file
}

// end ends a commit that is durable on this machine.
func (c *commit) end() {
	if c.ship == nil {
		c.done(nil)
		return
	}
	c.ship.Commit(c.change.shipped(), c.done)
}

func (c *commit) bytes() int64 {
	if c.change == nil {
		return 64
	}
	return c.change.bytes()
}

const (
	// maxQueued bounds the memory of transactions that wait for the disk, in bytes. Beyond it, a commit waits.
	maxQueued = 64 << 20
	// maxBatch bounds the memory of the transactions that are written with one sync, in bytes.
	maxBatch = 16 << 20
)

// committer writes transactions to the log, syncs it once for all that are waiting, and then writes them to their files. Its
// goroutine does all of that except the removal of segments, which the checkpointer does.
type committer struct {
	store *Store

	mu      sync.Mutex
	changed *sync.Cond // signalled when a field changes
	queue   []*commit
	queued  int64 // the bytes of queue
	idle    bool  // the goroutine waits for commits
	closing bool
	fatal   error // why no transaction can be written any more

	// Only the goroutine uses these.
	active    *segment
	unwritten []*change // changes in the log that are not in their files, the oldest first
	heldBack  int64     // the bytes of unwritten
	failure   error     // why they are not in their files
	buffer    []byte

	commits, syncs atomic.Uint64 // the transactions that were made durable, and the syncs of the log for that

	segments segments
}

// segments are the full segments of the log, which are removed when their changes are durable in their files.
type segments struct {
	mu      sync.Mutex
	changed *sync.Cond
	full    []*segment // the oldest first
	keep    int        // the number of full segments that may remain; -1 ends the checkpointer
	behind  bool       // the oldest cannot be removed until more is written to the files
	ended   bool       // the checkpointer has ended
}

// submit queues a commit. It waits while too much is queued.
func (c *committer) submit(t *commit) {
	c.mu.Lock()
	for c.queued > maxQueued && c.fatal == nil {
		c.changed.Wait()
	}
	fatal := c.fatal
	if c.closing && fatal == nil {
		fatal = ErrClosed
	}
	if fatal == nil {
		c.queue = append(c.queue, t)
		c.queued += t.bytes()
		c.changed.Broadcast()
	}
	c.mu.Unlock()
	if fatal != nil {
		c.refuse(t, fatal)
	}
}

// refuse ends a commit that is not in the log.
func (c *committer) refuse(t *commit, err error) {
	if t.change != nil {
		t.change.file.fail(t.change, err)
	}
	t.done(err)
}

// take waits for commits and returns those of the next batch, none at the end.
func (c *committer) take() []*commit {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 && !c.closing {
		c.idle = true
		c.changed.Broadcast()
		c.changed.Wait()
	}
	c.idle = false
	n, size := 0, int64(0)
	for n < len(c.queue) && (n == 0 || size+c.queue[n].bytes() <= maxBatch) {
		size += c.queue[n].bytes()
		n++
	}
	batch := c.queue[:n:n]
	c.queue = c.queue[n:]
	c.queued -= size
	c.changed.Broadcast()
	return batch
}

// run writes batches until close.
func (c *committer) run() {
	for {
		batch := c.take()
		if len(batch) == 0 {
			return
		}
		c.write(batch)
		if wait := c.store.options.Gather; wait > 0 && len(batch) > 1 {
			time.Sleep(wait)
		}
	}
}

// write makes a batch durable and ends its commits.
func (c *committer) write(batch []*commit) {
	live := batch[:0:0]
	for _, t := range batch {
		if err := c.objection(t); err != nil {
			c.refuse(t, err)
		} else {
			live = append(live, t)
		}
	}
	if len(live) == 0 {
		return
	}
	changes, err := c.log(live)
	if err != nil {
		for _, t := range live {
			c.refuse(t, err)
		}
		return
	}
	c.commits.Add(uint64(len(live)))
	for _, ch := range changes {
		c.unwritten = append(c.unwritten, ch)
		c.heldBack += ch.bytes()
	}
	c.writeBack()
	for _, t := range live {
		if t.barrier {
			t.done(c.failure)
			continue
		}
		t.end()
	}
	if c.store.system.changed(changes) {
		c.store.options.AlarmsChanged()
	}
}

// objection returns why a commit must not be written to the log.
func (c *committer) objection(t *commit) error {
	c.mu.Lock()
	fatal := c.fatal
	c.mu.Unlock()
	if fatal != nil {
		return fatal
	}
	if c.heldBack > maxQueued { // the disk has no room for what the log has
		return c.failure
	}
	if t.change == nil {
		return nil
	}
	err, _ := t.change.file.failed()
	return err
}

// log writes a batch to the log and syncs it. It returns the changes of the batch, those of the system database included.
func (c *committer) log(batch []*commit) ([]*change, error) {
	var changes []*change
	for _, t := range batch {
		if t.change != nil {
			changes = append(changes, t.change)
		}
	}
	system, err := c.store.system.apply(batch)
	if err != nil {
		return nil, err
	}
	if system != nil {
		changes = append(changes, system)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	if err := c.appendToLog(changes); err != nil {
		if system != nil {
			system.file.fail(system, err)
		}
		return nil, err
	}
	return changes, nil
}

func (c *committer) appendToLog(changes []*change) error {
	if c.active.size >= c.store.options.SegmentSize {
		if err := c.rotate(); err != nil {
			return err
		}
	}
	c.buffer = appendBatch(c.buffer[:0], c.active.salt, changes)
	if err := c.active.append(c.buffer); err != nil {
		return c.asFatal(err)
	}
	if cap(c.buffer) > maxBatch {
		c.buffer = nil
	}
	c.syncs.Add(1)
	if err := c.active.disk.Sync(); err != nil {
		return c.asFatal(&errLogLost{err})
	}
	for _, ch := range changes {
		c.active.files[ch.file] = ch.number
	}
	return nil
}

// asFatal ends the writing of transactions if err is an errLogLost, and returns err.
func (c *committer) asFatal(err error) error {
	var lost *errLogLost
	if errors.As(err, &lost) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fatal = err
		c.changed.Broadcast()
	}
	return err
}

// rotate begins a new segment.
func (c *committer) rotate() error {
	if err := c.active.disk.Sync(); err != nil { // a batch that failed was removed from its end
		return c.asFatal(&errLogLost{err})
	}
	next, err := createSegment(c.store.disk, c.active.number+1)
	if err != nil {
		return err
	}
	full := c.active
	c.active = next
	c.writeBack()
	c.segments.add(full)
	return nil
}

// writeBack writes the changes in the log to their files. If that fails, it is tried again with the next batch: until then the
// pages are in memory, and the segments of the log remain.
func (c *committer) writeBack() {
	for len(c.unwritten) > 0 {
		ch := c.unwritten[0]
		if c.failure = ch.file.writeBack(ch); c.failure != nil {
			return
		}
		c.unwritten = c.unwritten[1:]
		c.heldBack -= ch.bytes()
	}
	c.unwritten = nil
}

// close writes what is queued, and ends the goroutine when it waits for more.
func (c *committer) close() {
	c.mu.Lock()
	c.closing = true
	c.changed.Broadcast()
	c.mu.Unlock()
}

// add adds a full segment. It waits while there are more than twice as many as may remain, because the checkpointer is slower than the
// writes; so these wait too.
func (s *segments) add(full *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.ended && !s.behind && s.keep >= 0 && len(s.full) > 2*s.keep {
		s.changed.Wait()
	}
	s.full = append(s.full, full)
	s.behind = false
	s.changed.Broadcast()
}

// drain blocks until the full segments have been removed, or cannot be.
func (s *segments) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := s.keep
	if keep < 0 {
		return
	}
	s.keep = 0
	s.changed.Broadcast()
	for len(s.full) > 0 && !s.ended && !s.behind {
		s.changed.Wait()
	}
	s.keep = keep
}

// checkpoint removes full segments, the oldest first, while there are too many, until keep is negative.
func (c *committer) checkpoint() {
	s := &c.segments
	for {
		s.mu.Lock()
		for s.keep >= 0 && (len(s.full) <= s.keep || s.behind) {
			s.changed.Wait()
		}
		if s.keep < 0 {
			s.mu.Unlock()
			return
		}
		oldest := s.full[0]
		s.mu.Unlock()

		err := retire(c.store.disk, oldest)
		for f := range oldest.files {
			c.store.release(f)
		}
		s.mu.Lock()
		switch {
		case err == nil:
			s.full = s.full[1:]
		case errors.Is(err, errUnwritten):
			s.behind = true
		default:
			s.ended = true
		}
		s.changed.Broadcast()
		s.mu.Unlock()
		if err != nil && !errors.Is(err, errUnwritten) {
			_ = c.asFatal(&errLogLost{err}) // what a failed sync has made durable is not known
			return
		}
	}
}

// errUnwritten means that a change in the log is not in its file.
var errUnwritten = errors.New("a change is not in its file")

// retire makes the changes of a segment durable in their files, and removes the segment. The next segment may be removed only
// after that.
func retire(d disk, s *segment) error {
	folders := map[string]struct{}{}
	for f, last := range s.files {
		unlisted, err := f.sync(last)
		if err != nil {
			return err
		}
		if unlisted {
			folders[path.Dir(f.name)] = struct{}{}
		}
	}
	for folder := range folders {
		if err := d.syncFolder(folder); err != nil {
			return err
		}
	}
	if err := errors.Join(s.disk.Close(), d.remove(segmentName(s.number))); err != nil {
		return err
	}
	return d.syncFolder(logFolder)
}

// finish makes all changes durable in their files and removes the log, after the goroutines have ended. If a change cannot be
// written, the log remains, and is applied by the next Open.
func (c *committer) finish() error {
	c.writeBack()
	if c.failure != nil {
		return errors.Join(c.failure, c.active.disk.Close())
	}
	for _, s := range append(c.segments.full, c.active) {
		if err := retire(c.store.disk, s); err != nil {
			return err
		}
	}
	return nil
}
