package storage

import (
	"container/list"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Errors of a Store.
var (
	ErrInUse  = errors.New("the data directory is used by another process: stop it, or give each process its own directory")
	ErrClosed = errors.New("the storage is closed")
)

// lockName is the name of the file that a process locks while it uses a data directory.
const lockName = "lock"

// Options are the settings of a Store. The zero value of each means its default.
type Options struct {
	MaxOpen     int           // the number of databases that are open in memory, about 64 KiB each; default 10,000
	MaxFiles    int           // the number of database files that are open; default a quarter of the files that the process may open, at most 4096
	Cache       int           // the page cache of a database in KiB; default 128
	SegmentSize int64         // the size of the log at which another file is begun, in bytes; default 64 MiB
	MaxSegments int           // the number of full files of the log that are kept; default 7
	MaxChange   int64         // what one transaction may write, in bytes; default 128 MiB
	Gather      time.Duration // the time for which the log waits, after a sync for several transactions, for more of them; default 1 ms; negative for none

	// AlarmsChanged is called when alarms were set or deleted durably, on a goroutine of the Store, which it must not block.
	AlarmsChanged func()
}

func (o *Options) setDefaults() {
	setDefault(&o.MaxOpen, 10_000)
	setDefault(&o.MaxFiles, max(16, min(4096, openFiles()/4)))
	setDefault(&o.Cache, 128)
	setDefault(&o.SegmentSize, 64<<20)
	setDefault(&o.MaxSegments, 7)
	setDefault(&o.MaxChange, 128<<20)
	setDefault(&o.Gather, time.Millisecond)
	if o.AlarmsChanged == nil {
		o.AlarmsChanged = func() {}
	}
}

func setDefault[T int | int64 | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Store is a data directory. Its methods may be called by several goroutines.
type Store struct {
	options     Options
	disk        disk
	lock        *os.File // nil for a disk of a test
	descriptors descriptors
	committer   committer
	system      system
	goroutines  sync.WaitGroup

	mu     sync.Mutex
	files  map[string]*file // those in use, by name
	open   list.List        // of *database, those that are open in memory, the one that was opened first at the front
	byName map[string]*database
	closed bool
}

// Open opens a data directory, which is created if it does not exist. What transactions have written to the log, and a crash has
// kept from the files, is applied first. The error is ErrInUse if another process uses the directory, and a *DamageError
// if the log is damaged.
func Open(dir string, options Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := osDisk(dir).lock()
	if err != nil {
		return nil, err
	}
	s, err := openDisk(osDisk(dir), options)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

func openDisk(d disk, options Options) (*Store, error) {
	options.setDefaults()
	s := &Store{options: options, disk: d, files: map[string]*file{}, byName: map[string]*database{}}
	s.descriptors.max = options.MaxFiles
	last, adopted, err := s.adopt()
	if err == nil && !adopted {
		last, err = s.recover()
	}
	if err != nil {
		return nil, fmt.Errorf("recovering the data directory: %w", err)
	}
	c := &s.committer
	c.store, c.changed = s, sync.NewCond(&c.mu)
	c.segments.changed, c.segments.keep = sync.NewCond(&c.segments.mu), options.MaxSegments
	if c.active, err = createSegment(d, last+1); err != nil {
		return nil, err
	}
	if err := s.system.load(s); err != nil {
		return nil, errors.Join(err, c.active.disk.Close())
	}
	s.goroutines.Go(c.run)
	s.goroutines.Go(c.checkpoint)
	return s, nil
}

func (s *Store) newFile(name string) *file {
	return &file{store: s, name: name, onDisk: -1, maxChange: s.options.MaxChange}
}

// Close makes all transactions durable in their files and closes the data directory. No other method may be in progress, and
// open transactions are lost.
func (s *Store) Close() error { return s.close((*committer).finish) }

// close closes the data directory. finish ends the log.
func (s *Store) close(finish func(*committer) error) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	var errs []error
	for _, db := range s.byName {
		errs = append(errs, db.shut())
	}
	s.mu.Unlock()

	s.committer.close()
	g := &s.committer.segments
	g.mu.Lock()
	g.keep = -1
	g.changed.Broadcast()
	g.mu.Unlock()
	s.goroutines.Wait()
	errs = append(errs, s.system.close())
	errs = append(errs, finish(&s.committer))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		f.mu.Lock()
		errs = append(errs, f.closeDisk())
		f.mu.Unlock()
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// fileOf returns the file of a database, for a connection. The error is that of the last transaction, if it is not in the log and
// the file still has earlier changes to be written.
func (s *Store) fileOf(name string) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	f := s.files[name]
	if f != nil {
		failure, unwritten := f.failed()
		if failure != nil && unwritten {
			return nil, failure
		}
		if failure != nil {
			f = nil
		}
	}
	if f == nil {
		f = s.newFile(name)
		s.files[name] = f
	}
	return f, f.load()
}

// release removes a file that no database uses and whose changes are all written back. The system database is always used.
func (s *Store) release(f *file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.name != systemName && s.files[f.name] == f && s.byName[f.name] == nil && f.unused() {
		delete(s.files, f.name)
	}
}

// Status is what a Store has done since Open, and what it does at the moment.
type Status struct {
	Open           int    // the number of databases that are open
	Queued         int64  // the bytes of transactions that wait for the log
	Commits, Syncs uint64 // the numbers of transactions that were made durable, and of the syncs that it took
}

// Status returns the status of the Store.
func (s *Store) Status() Status {
	s.mu.Lock()
	open := s.open.Len()
	s.mu.Unlock()
	c := &s.committer
	c.mu.Lock()
	defer c.mu.Unlock()
	return Status{Open: open, Queued: c.queued, Commits: c.commits.Load(), Syncs: c.syncs.Load()}
}

// encodeName returns a text as the name of a file: letters, digits, - and _ stand for themselves, other bytes for %XX.
func encodeName(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// maxPart bounds the encoded class or id of an object, in bytes: file systems have names of at most 255 bytes.
const maxPart = 240

// NameError means that a class, an id or the name of a namespace is empty, too long or not valid UTF-8.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return fmt.Sprintf("%.100q cannot be the name of a file: expected 1 to %d letters, digits, - and _, or a third as many other bytes of UTF-8", e.Name, maxPart)
}

// checkName returns a NameError if the name cannot be that of a file.
func checkName(name string) error {
	if n := len(encodeName(name)); n == 0 || n > maxPart || !utf8.ValidString(name) {
		return &NameError{name}
	}
	return nil
}
