package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// Replica is the database of an object as its log sees it. Between Open and Close nothing else uses the database.
type Replica struct {
	store     *Store
	class, id string
	db        *database // locked between Open and Close

	mu      sync.Mutex
	failure error // of a transaction of Apply
}

var _ replica.Database = (*Replica)(nil)

// Replica returns the database of an object for its log. The error is a *NameError if class or id cannot be the name of a file.
func (s *Store) Replica(class, id string) (*Replica, error) {
	for _, name := range []string{class, id} {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	return &Replica{store: s, class: class, id: id}, nil
}

// ShipTo passes what transactions change from now on to the log of the object, which decides when a commit has ended; nil ends that.
func (o *Object) ShipTo(ship *replica.Ship) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ship, o.positioned = ship, false
}

// Open waits for the transactions of the object that have begun, and keeps everything else from its database until Close. The error is that something else uses it.
func (r *Replica) Open() error {
	db := &database{store: r.store, name: objectName(r.class, r.id)}
	db.mu.Lock()
	err := r.store.admit(db)
	if err != nil {
		db.mu.Unlock()
		return err
	}
	r.db = db
	if err = r.Sync(); err == nil {
		db.file, err = r.store.fileOf(db.name)
	}
	if err != nil {
		r.leave()
	}
	return err
}

// leave ends what Open has begun.
func (r *Replica) leave() {
	r.store.leave(r.db)
	r.db.mu.Unlock()
	r.db = nil
}

// Close waits until what was applied is durable.
func (r *Replica) Close() error {
	err := r.Sync()
	r.db.file.discard()
	r.db.file = nil
	r.leave()
	return err
}

// IndexAlarm makes the index of alarms what the database has, after Close. name is the name of the object, if it is known.
func (r *Replica) IndexAlarm(name string) error {
	at, err := r.alarm()
	if err != nil {
		return fmt.Errorf("reading the alarm of the database: %w", err)
	}
	var indexed *int64
	err = r.store.system.query("SELECT time FROM alarms WHERE class = ? AND id = ?", func(row *sqlite.Stmt) {
		ms := row.Int64(0)
		indexed = &ms
	}, r.class, r.id)
	if err != nil || at == nil && indexed == nil || at != nil && indexed != nil && *at == *indexed {
		return err
	}
	if err := r.commit(&commit{system: indexAlarm(r.class, r.id, name, at)}); err != nil {
		return err
	}
	return r.Sync()
}

// alarm returns the time of the alarm in the database, nil if there is none.
func (r *Replica) alarm() (at *int64, err error) {
	pages, err := r.Pages()
	if err != nil {
		return nil, err
	}
	if err := pages.Close(); err != nil || pages.Size() == 0 {
		return nil, err
	}
	o, err := r.store.Object(r.class, r.id)
	if err != nil {
		return nil, err
	}
	err = o.do(func() (err error) {
		at, err = o.readAlarm()
		return err
	})
	return at, errors.Join(err, o.Close())
}

// indexAlarm is setAlarm for a database whose object may have a name that is not known. The name in the index remains then.
func indexAlarm(class, id, name string, at *int64) func(*sqlite.Conn) error {
	if at == nil || name != "" {
		return setAlarm(class, id, name, at)
	}
	return func(c *sqlite.Conn) error {
		return runOnce(c, "INSERT INTO alarms VALUES (?, ?, ?, '') ON CONFLICT (class, id) DO UPDATE SET time = excluded.time", class, id, *at)
	}
}

// Position implements [replica.Database].
func (r *Replica) Position() (replica.Position, error) {
	text := ""
	err := r.store.system.query("SELECT position FROM positions WHERE class = ? AND id = ?", func(row *sqlite.Stmt) { text = row.Text(0) }, r.class, r.id)
	if err != nil {
		return replica.Position{}, err
	}
	return replica.ParsePosition(text)
}

// setPosition returns a function that stores the position of an object.
func setPosition(class, id string, position replica.Position) func(*sqlite.Conn) error {
	return func(c *sqlite.Conn) error {
		return runOnce(c, "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", class, id, position.String())
	}
}

// systemChanges are changes of the system database in one transaction.
type systemChanges []func(*sqlite.Conn) error

// all returns the changes as one, nil if there are none.
func (s systemChanges) all() func(*sqlite.Conn) error {
	if len(s) < 2 {
		for _, one := range s {
			return one
		}
		return nil
	}
	return func(c *sqlite.Conn) error {
		for _, one := range s {
			if err := one(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// Apply implements [replica.Database]. A change needs Open. It blocks while much is queued.
func (r *Replica) Apply(change *replica.Change, position replica.Position) error {
	t := &commit{system: setPosition(r.class, r.id, position)}
	if change != nil {
		f := r.db.file
		if change.Replaced {
			_ = f.Truncate(0) // never fails
		}
		for _, p := range change.Pages {
			if _, err := f.WriteAt(p.Data, int64(p.Number-1)*pageSize); err != nil {
				f.discard()
				return err
			}
		}
		_ = f.Truncate(int64(change.Size) * pageSize)
		t.change = f.seal()
	}
	return r.commit(t)
}

// commit queues a transaction. The error is that of an earlier one.
func (r *Replica) commit(t *commit) error {
	t.done = func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.failure == nil {
			r.failure = err
		}
	}
	r.store.committer.submit(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure
}

// Sync implements [replica.Database].
func (r *Replica) Sync() error {
	done := make(chan error, 1)
	r.Barrier(func(err error) { done <- err })
	err := <-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.failure, err)
}

// Barrier implements [replica.Database].
func (r *Replica) Barrier(f func(error)) {
	r.store.committer.submit(&commit{barrier: true, done: f})
}

// Pages implements [replica.Database]. They are read from the file, which has what is durable.
func (r *Replica) Pages() (replica.Pages, error) {
	file, err := r.store.disk.open(objectName(r.class, r.id), false)
	if errors.Is(err, fs.ErrNotExist) {
		return &filePages{}, nil
	}
	if err != nil {
		return nil, err
	}
	size, err := file.size()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &filePages{file, uint32(size / pageSize)}, nil //nolint:gosec // maxPages
}

// filePages are the pages of a file; file is nil if there is none.
type filePages struct {
	file diskFile
	size uint32
}

func (p *filePages) Size() uint32 { return p.size }

func (p *filePages) Read(number uint32, data []byte) error {
	n, err := p.file.ReadAt(data, int64(number-1)*pageSize)
	clear(data[n:])
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (p *filePages) Close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

// shipped returns the change for a log, nil for none.
func (c *change) shipped() *replica.Change {
	if c == nil {
		return nil
	}
	shipped := &replica.Change{Size: uint32(c.size / pageSize), Replaced: c.replaced, Pages: make([]replica.Page, len(c.pages))} //nolint:gosec // maxPages
	for i, p := range c.pages {
		shipped.Pages[i] = replica.Page{Number: uint32(p.number) + 1, Data: p.data} //nolint:gosec // maxPages
	}
	return shipped
}
