package storage

import (
	"container/list"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// database is a handle of a database. Its connection is opened when it is needed, and closed when too many are open. One goroutine
// at a time uses it, except for the Store, which closes its connection.
type database struct {
	store  *Store
	name   string
	guard  *guard // the rules for statements of the application; nil if there are none
	opened func() // called when a connection was opened

	mu         sync.Mutex // held while it is used
	conn       *sqlite.Conn
	file       *file
	statements map[string]*sqlite.Stmt // by their text
	element    *list.Element           // in store.open
	recent     bool                    // it was used since the Store has looked at it
	writing    bool                    // a transaction is open
	depth      int                     // the number of savepoints
	stopped    func() bool             // whether statements have to end; may be nil
	cursors    map[*Cursor]struct{}    // those that are not at their end
	failure    error                   // why it cannot be used any more

	ship       *replica.Ship // gets the changes of transactions; nil if there is none
	positioned bool          // the position in the log of ship is stored
}

// enter locks the database and opens its connection. The caller unlocks mu if there is no error.
func (d *database) enter() error {
	d.mu.Lock()
	if err := d.connect(); err != nil {
		d.mu.Unlock()
		return err
	}
	return nil
}

// connect opens the connection unless it is open.
func (d *database) connect() error {
	if d.failure != nil {
		return d.failure
	}
	if d.conn != nil {
		d.recent = true
		err, _ := d.file.failed()
		if err != nil {
			d.failure = err
		}
		return err
	}
	if err := d.store.admit(d); err != nil {
		return err
	}
	f, err := d.store.fileOf(d.name)
	if err == nil {
		d.file = f
		d.conn, err = sqlite.Open(f, d.store.options.Cache)
	}
	if err != nil {
		d.store.leave(d)
		return err
	}
	d.recent = true
	d.prepare()
	return nil
}

// prepare prepares a new connection.
func (d *database) prepare() {
	if d.guard != nil {
		d.guard.install(d.conn)
	}
	d.conn.StopWhen(d.stopped)
	d.opened()
}

// do calls f with the database entered.
func (d *database) do(f func() error) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.mu.Unlock()
	return f()
}

// close ends the connection. A transaction that has not been committed is lost. d.mu is locked.
func (d *database) close() error {
	if d.conn == nil {
		return nil
	}
	for c := range d.cursors {
		c.finish()
	}
	for _, s := range d.statements {
		s.Finalize()
	}
	err := d.conn.Close()
	d.file.discard()
	d.conn, d.file, d.statements, d.writing, d.depth, d.positioned = nil, nil, nil, false, 0, false
	return err
}

// shut ends the connection at the end of the Store.
func (d *database) shut() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = ErrClosed
	return d.close()
}

// idle reports whether the connection can be closed without an effect. d.mu is locked.
func (d *database) idle() bool { return !d.writing && len(d.cursors) == 0 }

// statement returns a prepared statement, which is kept.
func (d *database) statement(sql string) (*sqlite.Stmt, error) {
	if s, ok := d.statements[sql]; ok {
		return s, nil
	}
	s, _, err := d.conn.Prepare(sql, true)
	if err != nil {
		return nil, d.check(err)
	}
	if d.statements == nil {
		d.statements = map[string]*sqlite.Stmt{}
	}
	d.statements[sql] = s
	return s, nil
}

// run runs a statement without rows.
func (d *database) run(sql string, values ...any) error {
	s, err := d.statement(sql)
	if err != nil {
		return err
	}
	return d.check(s.Run(values...))
}

// query calls row for each row of a statement, until it returns false.
func (d *database) query(sql string, row func(*sqlite.Stmt) bool, values ...any) error {
	s, err := d.statement(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	if err := s.Bind(values...); err != nil {
		return d.check(err)
	}
	for {
		more, err := s.Step()
		if err != nil {
			return d.check(err)
		}
		if !more || !row(s) {
			return nil
		}
	}
}

// begin begins a transaction unless one is open.
func (d *database) begin() error {
	if d.writing {
		return nil
	}
	if err := d.run("BEGIN"); err != nil {
		return err
	}
	d.writing = true
	return nil
}

// check returns err. If SQLite has rolled back the transaction because of it, the database cannot be used any more: what the
// application has seen is not what is stored.
func (d *database) check(err error) error {
	if err == nil || !d.writing || !d.conn.AutoCommit() {
		return err
	}
	d.failure = fmt.Errorf("a transaction was lost: %w", err)
	return err
}

// savepoint begins a transaction in the transaction.
func (d *database) savepoint() error {
	if err := d.begin(); err != nil {
		return err
	}
	if err := d.run("SAVEPOINT s" + strconv.Itoa(d.depth)); err != nil {
		return err
	}
	d.depth++
	return nil
}

// errNoSavepoint means that a transaction ends that has not begun.
var errNoSavepoint = errors.New("there is no open transaction")

// release ends the innermost savepoint, keeping its writes.
func (d *database) release() error {
	if d.depth == 0 {
		return errNoSavepoint
	}
	d.depth--
	return d.run("RELEASE s" + strconv.Itoa(d.depth))
}

// rollback ends the innermost savepoint, undoing its writes.
func (d *database) rollback() error {
	if d.depth == 0 {
		return errNoSavepoint
	}
	d.depth--
	name := "s" + strconv.Itoa(d.depth)
	if err := d.run("ROLLBACK TO " + name); err != nil {
		return err
	}
	return d.run("RELEASE " + name)
}

// commit ends the transaction. done is called on a goroutine of the Store when it is durable, or with the error; it must not
// block. commit reports whether done will be called: there is an open transaction without savepoints. If there is an error, the
// transaction is lost and the database cannot be used any more.
func (d *database) commit(system func(*sqlite.Conn) error, done func(error)) (bool, error) {
	if !d.writing || d.depth > 0 {
		return false, nil
	}
	if err := d.run("COMMIT"); err != nil {
		d.failure = fmt.Errorf("a transaction was lost: %w", err)
		return false, err
	}
	d.writing = false
	c := d.file.seal()
	if c == nil && system == nil {
		return false, nil
	}
	d.store.committer.submit(&commit{change: c, system: system, ship: d.ship, done: done})
	return true, nil
}

// empty removes all that the database has, within the transaction. The connection is opened again.
func (d *database) empty() error {
	if d.writing {
		if err := d.run("COMMIT"); err != nil {
			d.failure = fmt.Errorf("a transaction was lost: %w", err)
			return err
		}
	}
	for c := range d.cursors {
		c.finish()
	}
	for _, s := range d.statements {
		s.Finalize()
	}
	d.statements = nil
	if err := d.conn.Close(); err != nil {
		d.failure = err
		return err
	}
	_ = d.file.Truncate(0) // never fails
	conn, err := sqlite.Open(d.file, d.store.options.Cache)
	if err != nil {
		d.failure = err
		return err
	}
	d.conn, d.writing = conn, false
	d.prepare()
	return d.begin()
}

// admit makes room for an open database. d.mu is locked; those of other databases are only tried.
func (s *Store) admit(d *database) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if other := s.byName[d.name]; other != nil && !s.dismiss(other, false) {
		return fmt.Errorf("the database %s is in use by another handle", d.name)
	}
	for tries := s.open.Len() * 2; tries > 0 && s.open.Len() >= s.options.MaxOpen; tries-- {
		oldest := s.open.Front()
		if !s.dismiss(oldest.Value.(*database), true) {
			s.open.MoveToBack(oldest)
		}
	}
	if s.open.Len() >= 2*s.options.MaxOpen { // all of them have open transactions or cursors
		return fmt.Errorf("more than %d databases are in use at the same time", 2*s.options.MaxOpen)
	}
	d.element = s.open.PushBack(d)
	s.byName[d.name] = d
	return nil
}

// leave removes a database from the open ones.
func (s *Store) leave(d *database) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(d)
}

// forget removes a database from the open ones. s.mu is locked.
func (s *Store) forget(d *database) {
	if d.element == nil {
		return
	}
	s.open.Remove(d.element)
	d.element = nil
	delete(s.byName, d.name)
	if f := s.files[d.name]; f != nil && f.unused() {
		delete(s.files, d.name)
	}
}

// dismiss closes the connection of a database that is not in use. spare makes it keep those that were used since the last call. It
// reports whether the connection is closed. s.mu is locked.
func (s *Store) dismiss(d *database, spare bool) bool {
	if !d.mu.TryLock() {
		return false
	}
	defer d.mu.Unlock()
	if !d.idle() || spare && d.recent {
		d.recent = false
		return false
	}
	if err := d.close(); err != nil {
		return false
	}
	s.forget(d)
	return true
}
