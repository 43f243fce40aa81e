package storage

import (
	"errors"
	"strings"
	"time"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// Object is the storage of an object: keys and values, SQL tables, and an alarm. It is a handle, which may be dropped and
// obtained again. One goroutine at a time uses it.
//
// The first write begins a transaction, in which everything is done until Commit. If a method fails in a way that loses the
// transaction, and if Commit reports an error, all later calls return that error; Close makes the storage usable again, with
// what is durable.
type Object struct {
	*database
	class, id string
	kv        tableState
	metadata  tableState
	alarm     bool             // the alarm was set or deleted since the last commit
	indexes   map[string]int64 // the number of indexes, by table and column

	// Name is the name of the object, if it has one. NextAlarms returns it with the alarm.
	Name string

	// AlarmSet is called before a function that was given to Commit, if the transaction has set the alarm, or deleted it; then at is zero. It may be nil.
	AlarmSet func(at time.Time)
}

// Object returns the storage of an object. Its file is created by the first transaction. The error is a *NameError if class or id
// cannot be the name of a file.
func (s *Store) Object(class, id string) (*Object, error) {
	for _, name := range []string{class, id} {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	o := &Object{class: class, id: id}
	o.database = &database{store: s, name: objectName(class, id), guard: &guard{}, opened: o.forgetTables}
	return o, nil
}

const objectFolder = "objects"

func objectName(class, id string) string {
	return strings.Join([]string{objectFolder, encodeName(class), encodeName(id) + ".sqlite"}, "/")
}

// tableState is whether a table exists.
type tableState int

const (
	unknown tableState = iota
	absent
	present
)

// The tables of an object are made when they are needed, as the platform does it. Statements of the application cannot use them.
const (
	kvTable       = "_cf_KV"
	metadataTable = "_cf_METADATA"

	makeKV       = "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID"
	makeMetadata = "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)"
)

// forgetTables makes the next use of a table look for it and its indexes.
func (o *Object) forgetTables() {
	o.kv, o.metadata = unknown, unknown
	clear(o.indexes)
}

// exists reports whether a table exists.
func (o *Object) exists(table string, state *tableState) (bool, error) {
	if *state == unknown {
		*state = absent
		err := o.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", func(*sqlite.Stmt) bool {
			*state = present
			return false
		}, table)
		if err != nil {
			*state = unknown
			return false, err
		}
	}
	return *state == present, nil
}

// make begins a transaction and makes a table unless it exists.
func (o *Object) make(statement string, state *tableState) error {
	if err := o.begin(); err != nil || *state == present {
		return err
	}
	if err := o.run(statement); err != nil {
		return err
	}
	*state = present
	return nil
}

// Writing reports whether something was written since the last Commit.
func (o *Object) Writing() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writing
}

// InTransaction reports whether a transaction of Begin is open.
func (o *Object) InTransaction() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.depth > 0
}

// Begin begins a transaction, in the one that is open if there is one.
func (o *Object) Begin() error { return o.do(o.savepoint) }

// Release ends the innermost transaction of Begin, and keeps its writes.
func (o *Object) Release() error { return o.do(o.release) }

// Rollback ends the innermost transaction of Begin, and undoes its writes.
func (o *Object) Rollback() error {
	return o.do(func() error {
		o.forgetTables()
		return o.rollback()
	})
}

// Commit makes the writes since the last Commit durable. It does not wait: done is called, on a goroutine of the Store which
// it must not block, when the writes are durable, or with the error if they are lost. Commits of an object end in order. A write
// to a full disk fails here.
//
// Commit reports whether done will be called. It is not if nothing was written, if a transaction of Begin is open, so that a later
// Commit includes the writes, and if there is an error.
//
// Commit blocks while the disk is much slower than the writes.
func (o *Object) Commit(done func(error)) (bool, error) {
	if err := o.enter(); err != nil {
		return false, err
	}
	defer o.mu.Unlock()
	if !o.writing || o.depth > 0 {
		return false, nil
	}
	if o.ship != nil { // what is not in the log any more must not be in the database, which another owner of this node may continue
		if err := o.ship.Err(); err != nil {
			o.failure = err
			return false, err
		}
	}
	var system systemChanges
	if o.alarm {
		at, err := o.readAlarm()
		if err != nil {
			return false, err
		}
		system = append(system, setAlarm(o.class, o.id, o.Name, at))
		done = o.afterAlarm(at, done)
		o.alarm = false
	}
	if o.ship != nil && !o.positioned {
		system = append(system, setPosition(o.class, o.id, o.ship.Position()))
		o.positioned = true
	}
	return o.commit(system.all(), done)
}

// afterAlarm returns done, with a call of AlarmSet before.
func (o *Object) afterAlarm(at *int64, done func(error)) func(error) {
	set := o.AlarmSet
	if set == nil {
		return done
	}
	var when time.Time
	if at != nil {
		when = time.UnixMilli(*at)
	}
	return func(err error) {
		if err == nil {
			set(when)
		}
		done(err)
	}
}

// commitOrDone is Commit, but calls done itself if there is nothing to make durable.
func (o *Object) commitOrDone(done func(error)) error {
	begun, err := o.Commit(done)
	if err == nil && !begun {
		done(nil)
	}
	return err
}

// DeleteAll removes everything but the alarm, which remains if keepAlarm is true. It cannot be undone: there must be
// no open transaction of Begin.
func (o *Object) DeleteAll(keepAlarm bool) error {
	return o.do(func() error {
		if o.depth > 0 {
			return ErrInTransaction
		}
		at, err := o.readAlarm()
		if err != nil {
			return err
		}
		if err := o.empty(); err != nil || at == nil {
			return err
		}
		if !keepAlarm {
			o.alarm = true
			return nil
		}
		return o.writeAlarm(*at)
	})
}

// ErrInTransaction is the error of DeleteAll while a transaction is open.
var ErrInTransaction = errors.New("Cannot call deleteAll() within a transaction") //nolint:staticcheck // the platform's text

// Size returns the size of the database in bytes, with what was not committed.
func (o *Object) Size() (size int64, err error) {
	err = o.do(func() error {
		return o.query("SELECT page_count FROM pragma_page_count", func(row *sqlite.Stmt) bool {
			size = row.Int64(0) * pageSize
			return true
		})
	})
	return size, err
}

// StopWhen makes statements end with an error when stopped, which is called now and then while one runs, reports true. If such a
// statement writes, its transaction is lost.
func (o *Object) StopWhen(stopped func() bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopped = stopped
	if o.conn != nil {
		o.conn.StopWhen(stopped)
	}
}

// Close frees the memory of the storage. Writes since the last Commit are lost. The handle may be used again.
func (o *Object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.close()
	if !errors.Is(o.failure, ErrClosed) {
		o.failure = nil
	}
	o.alarm = false
	o.store.leave(o.database)
	return err
}

// recover makes the storage usable again after a failure, which was reported.
func (o *Object) recover() {
	o.mu.Lock()
	failed := o.failure != nil
	o.mu.Unlock()
	if failed {
		_ = o.Close()
	}
}

// The alarm of an object is in its file, so that transactions include it, and in the index of the Store.

// metadataAlarm is the key of the alarm in the table, whose value is the time in milliseconds.
const metadataAlarm = int64(1)

// Alarm returns the time of the alarm. ok is false if none is set.
func (o *Object) Alarm() (at time.Time, ok bool, err error) {
	err = o.do(func() error {
		ms, err := o.readAlarm()
		if ms != nil {
			at, ok = time.UnixMilli(*ms), true
		}
		return err
	})
	return at, ok, err
}

// SetAlarm sets the alarm. at is rounded down to milliseconds.
func (o *Object) SetAlarm(at time.Time) error {
	return o.do(func() error { return o.writeAlarm(at.UnixMilli()) })
}

// DeleteAlarm deletes the alarm, if one is set.
func (o *Object) DeleteAlarm() error {
	return o.do(func() error {
		at, err := o.readAlarm()
		if err != nil || at == nil {
			return err
		}
		if err := o.begin(); err != nil {
			return err
		}
		o.alarm = true
		return o.run("DELETE FROM _cf_METADATA WHERE key = ?", metadataAlarm)
	})
}

func (o *Object) readAlarm() (at *int64, err error) {
	if ok, err := o.exists(metadataTable, &o.metadata); !ok {
		return nil, err
	}
	err = o.query("SELECT value FROM _cf_METADATA WHERE key = ?", func(row *sqlite.Stmt) bool {
		ms := row.Int64(0)
		at = &ms
		return false
	}, metadataAlarm)
	return at, err
}

func (o *Object) writeAlarm(ms int64) error {
	if err := o.make(makeMetadata, &o.metadata); err != nil {
		return err
	}
	o.alarm = true
	return o.run("INSERT OR REPLACE INTO _cf_METADATA VALUES (?, ?)", metadataAlarm, ms)
}
