package storage

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// file is a database file, as SQLite sees it. What SQLite writes stays in memory: it is pending until seal makes a change of
// it, then it is sealed until the change is durable in the log and written to the file on disk.
//
// The goroutine that uses the database reads, writes and seals. The committer writes sealed changes back.
type file struct {
	store *Store
	name  string

	pending   map[int64][]byte // pages by number
	replaced  bool             // the file was emptied; nothing below pending counts
	changed   bool             // pending, replaced or length differ from what was sealed
	length    int64            // the size in bytes
	maxChange int64            // bounds the pending bytes

	mu           sync.Mutex // guards what follows
	sealed       map[int64]sealedPage
	sealedSize   int64    // the size in bytes after the last sealed change
	inLog        int      // the number of sealed changes that are not written back
	replacements int      // the number of those that replace the file
	last         uint64   // the number of the last sealed change
	written      uint64   // the number of the last change that was written back
	disk         diskFile // nil while closed
	onDisk       int64    // the size of the file on disk; -1 while it is unknown
	failure      error    // why changes are not written to the log any more
	unsynced     bool     // something was written back since the last sync
	unlisted     bool     // the file was created or removed since the last sync of its folder
	used         bool     // disk was used since descriptors has looked at it
}

type sealedPage struct {
	data   []byte
	change uint64 // the number of the change that has written it
}

// errTooLarge means that a transaction has written more than the bound.
var errTooLarge = sqlite.ErrFull

// load finds the size of the file: that of the last sealed change, if that is not written back.
func (f *file) load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inLog > 0 {
		f.length = f.sealedSize
		return nil
	}
	size, err := f.diskSize()
	f.length = size
	return err
}

// diskSize returns the size of the file on disk. f.mu is locked.
func (f *file) diskSize() (int64, error) {
	if f.onDisk >= 0 {
		return f.onDisk, nil
	}
	switch err := f.openDisk(false); {
	case errors.Is(err, fs.ErrNotExist):
		f.onDisk = 0
		return 0, nil
	case err != nil:
		return 0, err
	}
	size, err := f.disk.size()
	if err == nil {
		f.onDisk = size
	}
	return size, err
}

// openDisk opens the file on disk. f.mu is locked.
func (f *file) openDisk(create bool) error {
	if f.disk != nil {
		f.used = true
		return nil
	}
	d, err := f.store.disk.open(f.name, create)
	if err != nil {
		return err
	}
	f.disk = d
	f.store.descriptors.add(f)
	return nil
}

// closeDisk closes the file on disk, which is opened again when it is needed. f.mu is locked.
func (f *file) closeDisk() error {
	if f.disk == nil {
		return nil
	}
	d := f.disk
	f.disk = nil
	return d.Close()
}

// Size returns the size of the file, for SQLite.
func (f *file) Size() (int64, error) { return f.length, nil }

// ReadAt reads from the pages that were written last, for SQLite.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	read := 0
	for read < len(p) && offset < f.length {
		number, start := offset/pageSize, offset%pageSize
		n := int(min(int64(len(p)-read), pageSize-start, f.length-offset))
		if err := f.readPage(p[read:read+n], number, start); err != nil {
			return read, err
		}
		read, offset = read+n, offset+int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// readPage reads a part of one page.
func (f *file) readPage(p []byte, number, start int64) error {
	if data, ok := f.pending[number]; ok {
		copy(p, data[start:])
		return nil
	}
	if f.replaced {
		clear(p)
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.sealed[number]; ok {
		copy(p, s.data[start:])
		return nil
	}
	if size, err := f.diskSize(); err != nil || f.replacements > 0 || number*pageSize+start >= size {
		clear(p)
		return err
	}
	if err := f.openDisk(false); err != nil {
		return err
	}
	n, err := f.disk.ReadAt(p, number*pageSize+start)
	if err == io.EOF { //nolint:errorlint // io.ReaderAt returns it unwrapped
		err = nil
	}
	clear(p[n:])
	return err
}

// WriteAt writes pages, for SQLite. The file on disk does not change.
func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	if offset%pageSize != 0 || len(p) != pageSize {
		return 0, fs.ErrInvalid
	}
	number := offset / pageSize
	data, ok := f.pending[number]
	if !ok {
		if int64(len(f.pending)+1)*pageSize > f.maxChange {
			return 0, errTooLarge
		}
		data = make([]byte, pageSize)
		if f.pending == nil {
			f.pending = map[int64][]byte{}
		}
		f.pending[number] = data
	}
	copy(data, p)
	f.length = max(f.length, offset+pageSize)
	f.changed = true
	return len(p), nil
}

// Truncate sets the size, for SQLite.
func (f *file) Truncate(size int64) error {
	f.length = size
	f.changed = true
	maps.DeleteFunc(f.pending, func(number int64, _ []byte) bool { return number*pageSize >= size })
	if size == 0 {
		f.replaced = true
	}
	return nil
}

// seal makes a change of what was written since the last one, and returns nil if that is nothing. The database must be consistent.
func (f *file) seal() *change {
	if !f.changed {
		return nil
	}
	c := &change{name: f.name, replaced: f.replaced, size: f.length, file: f}
	for _, number := range slices.Sorted(maps.Keys(f.pending)) {
		c.pages = append(c.pages, page{number, f.pending[number]})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	c.number, f.sealedSize = f.last, c.size
	if c.replaced {
		f.replacements++
		clear(f.sealed)
	}
	if f.sealed == nil {
		f.sealed = map[int64]sealedPage{}
	}
	for _, p := range c.pages {
		f.sealed[p.number] = sealedPage{p.data, f.last}
	}
	f.inLog++
	f.pending, f.replaced, f.changed = nil, false, false
	return c
}

// discard drops what was written since the last change.
func (f *file) discard() { f.pending, f.replaced, f.changed = nil, false, false }

// writeBack writes a change, which is durable in the log and the oldest that was not written back, to the file on disk. After a
// failure it may be called again.
func (f *file) writeBack(c *change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.apply(c); err != nil {
		return err
	}
	for _, p := range c.pages {
		if s, ok := f.sealed[p.number]; ok && s.change <= c.number {
			delete(f.sealed, p.number)
		}
	}
	f.written = c.number
	f.leaveLog(c)
	return nil
}

// leaveLog ends the time in which the change is in the log only. f.mu is locked.
func (f *file) leaveLog(c *change) {
	if c.replaced {
		f.replacements--
	}
	f.inLog--
}

// fail makes all later changes fail, because the change is not in the log. The file cannot be used any more.
func (f *file) fail(c *change, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure == nil {
		f.failure = err
	}
	f.leaveLog(c)
}

// failed returns why the file cannot be used any more, and whether changes of it still have to be written to disk.
func (f *file) failed() (err error, unwritten bool) { //nolint:revive // the error is a property of the file
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failure, f.inLog > 0
}

// unused reports whether no change of the file has to be written back. If so, it closes the file on disk.
func (f *file) unused() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inLog == 0 && f.closeDisk() == nil
}

// apply writes a change to the file on disk. f.mu is locked.
func (f *file) apply(c *change) error {
	if c.size == 0 {
		f.unlisted = true
		f.onDisk = -1
		if err := errors.Join(f.closeDisk(), f.store.disk.remove(f.name)); err != nil {
			return err
		}
		f.onDisk = 0
		return nil
	}
	size, err := f.diskSize()
	if err != nil {
		return err
	}
	if size == 0 {
		f.unlisted = true
	}
	if err := f.openDisk(true); err != nil {
		return err
	}
	f.unsynced = true
	f.onDisk = -1
	if c.replaced {
		if err := f.disk.Truncate(0); err != nil {
			return err
		}
		size = 0
	}
	for _, p := range c.pages {
		if _, err := f.disk.WriteAt(p.data, p.number*pageSize); err != nil {
			return err
		}
		size = max(size, (p.number+1)*pageSize)
	}
	if size != c.size {
		if err := f.disk.Truncate(c.size); err != nil {
			return err
		}
	}
	f.onDisk = c.size
	return nil
}

// sync makes the changes up to a number durable in the file on disk. unlisted is whether the file was created or removed
// since the last sync of its folder, which the caller has to sync. The error is errUnwritten if a change is not written back.
func (f *file) sync(last uint64) (unlisted bool, err error) {
	f.mu.Lock()
	if f.written < last {
		f.mu.Unlock()
		return false, errUnwritten
	}
	unlisted, unsynced := f.unlisted, f.unsynced && f.onDisk != 0
	f.unlisted, f.unsynced = false, false
	f.mu.Unlock()
	if !unsynced {
		return unlisted, nil
	}
	d, err := f.store.disk.open(f.name, false) // with another descriptor, so that the database can be read meanwhile
	if errors.Is(err, fs.ErrNotExist) {
		return unlisted, nil // it was removed meanwhile
	}
	if err != nil {
		return false, err
	}
	return unlisted, errors.Join(d.Sync(), d.Close())
}
