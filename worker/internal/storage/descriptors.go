package storage

import (
	"container/list"
	"sync"
)

// descriptors bounds the number of database files that are open on disk. It closes a file that was not used for some time
// when another one is opened.
type descriptors struct {
	max int

	mu   sync.Mutex
	open list.List // of *file, the oldest first
}

// add adds a file that was opened. f.mu is locked; the mutexes of other files are only tried, so that files
// can be added at the same time.
func (d *descriptors) add(f *file) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f.used = true
	d.open.PushBack(f)
	for tries := d.open.Len(); tries > 0 && d.open.Len() > d.max; tries-- {
		oldest := d.open.Front()
		if other := oldest.Value.(*file); other == f || !d.retire(other) {
			d.open.MoveToBack(oldest)
		} else {
			d.open.Remove(oldest)
		}
	}
}

// retire closes a file unless it is in use or was used since the last call. It reports whether the file is closed.
func (d *descriptors) retire(f *file) bool {
	if !f.mu.TryLock() {
		return false
	}
	defer f.mu.Unlock()
	if f.used && f.disk != nil {
		f.used = false
		return false
	}
	return f.closeDisk() == nil
}
