package storage

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// systemName is the name of the file with what belongs to no object.
const systemName = "system.sqlite"

// systemTables are: alarms, an index of the alarms in the files of the objects, so that they are found without opening these
// files; entries, for the user of the Store; and positions of objects in their logs (replica.go).
const systemTables = `
CREATE TABLE IF NOT EXISTS alarms (class TEXT, id TEXT, time INTEGER, name TEXT, PRIMARY KEY (class, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alarms_by_time ON alarms (time);
CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (class TEXT, id TEXT, position TEXT, PRIMARY KEY (class, id)) WITHOUT ROWID;
`

// system is the database of what belongs to no object. The committer changes it, in the same batch as the objects that its
// changes are about.
type system struct {
	store *Store

	mu   sync.Mutex
	file *file
	conn *sqlite.Conn
}

// load opens the database.
func (y *system) load(s *Store) error {
	y.store = s
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.open()
}

// open opens the database, again after a failure. y.mu is locked.
func (y *system) open() error {
	if y.conn != nil {
		err, unwritten := y.file.failed()
		if err == nil || unwritten {
			return err
		}
		if err := y.shut(); err != nil {
			return err
		}
	}
	f, err := y.store.fileOf(systemName)
	if err != nil {
		return err
	}
	y.file = f
	if y.conn, err = sqlite.Open(f, y.store.options.Cache); err != nil {
		y.conn = nil
		return err
	}
	return y.conn.Exec(systemTables)
}

// shut closes the database. What was not made a change of is lost.
func (y *system) shut() error {
	if y.conn == nil {
		return nil
	}
	err := y.conn.Close()
	y.conn = nil
	y.file.discard()
	return err
}

func (y *system) close() error {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.shut()
}

// apply makes the changes to the system database that belong to commits, and returns them, nil if there are none.
func (y *system) apply(batch []*commit) (*change, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	begun := false
	for _, t := range batch {
		if t.system == nil {
			continue
		}
		if !begun {
			if err := y.open(); err != nil {
				return nil, err
			}
			if err := y.conn.Exec("BEGIN"); err != nil {
				return nil, err
			}
			begun = true
		}
		if err := t.system(y.conn); err != nil {
			return nil, errors.Join(err, y.shut())
		}
	}
	if !begun {
		return nil, nil
	}
	if err := y.conn.Exec("COMMIT"); err != nil {
		return nil, errors.Join(err, y.shut())
	}
	return y.file.seal(), nil
}

// changed reports whether the changes include one of the system database.
func (y *system) changed(changes []*change) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, c := range changes {
		if c.file == y.file {
			return true
		}
	}
	return false
}

// query runs a statement and calls row for each of its rows.
func (y *system) query(sql string, row func(*sqlite.Stmt), values ...any) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	if err := y.open(); err != nil {
		return err
	}
	s, _, err := y.conn.Prepare(sql, false)
	if err != nil {
		return err
	}
	defer s.Finalize()
	if err := s.Bind(values...); err != nil {
		return err
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		row(s)
	}
}

// write runs a statement on the system database. The error is that of making it durable.
func (y *system) write(sql string, values ...any) error {
	done := make(chan error, 1)
	y.store.committer.submit(&commit{
		system: func(c *sqlite.Conn) error { return runOnce(c, sql, values...) },
		done:   func(err error) { done <- err },
	})
	return <-done
}

func runOnce(c *sqlite.Conn, sql string, values ...any) error {
	s, _, err := c.Prepare(sql, false)
	if err != nil {
		return err
	}
	defer s.Finalize()
	return s.Run(values...)
}

// Alarm is an alarm of an object.
type Alarm struct {
	Class, ID, Name string    // of the Object with which the alarm was set
	Time            time.Time // in milliseconds
}

// NextAlarms returns the alarms with the earliest times, at most n of them, in this order.
func (s *Store) NextAlarms(n int) ([]Alarm, error) {
	var alarms []Alarm
	err := s.system.query("SELECT class, id, name, time FROM alarms ORDER BY time, class, id LIMIT ?", func(row *sqlite.Stmt) {
		alarms = append(alarms, Alarm{row.Text(0), row.Text(1), row.Text(2), time.UnixMilli(row.Int64(3))})
	}, int64(n))
	if err != nil {
		return nil, fmt.Errorf("reading the alarms: %w", err)
	}
	return alarms, nil
}

// setAlarm returns a function that sets or deletes, if at is nil, an alarm in the index.
func setAlarm(class, id, name string, at *int64) func(*sqlite.Conn) error {
	return func(c *sqlite.Conn) error {
		if at == nil {
			return runOnce(c, "DELETE FROM alarms WHERE class = ? AND id = ?", class, id)
		}
		return runOnce(c, "INSERT OR REPLACE INTO alarms VALUES (?, ?, ?, ?)", class, id, *at, name)
	}
}

// Entry returns a text that SetEntry has stored, "" if there is none.
func (s *Store) Entry(key string) (string, error) {
	value := ""
	err := s.system.query("SELECT value FROM entries WHERE key = ?", func(row *sqlite.Stmt) { value = row.Text(0) }, key)
	return value, err
}

// SetEntry stores a text, durably when it returns, for the user of the Store.
func (s *Store) SetEntry(key, value string) error {
	return s.system.write("INSERT OR REPLACE INTO entries VALUES (?, ?)", key, value)
}
