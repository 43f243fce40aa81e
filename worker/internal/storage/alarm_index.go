package storage

import (
	"fmt"
	"time"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// AddAlarms adds alarms of objects whose databases are on another node to the index, durably when it returns. An object has one alarm there, so
// the last one stays.
func (s *Store) AddAlarms(alarms []Alarm) error {
	done := make(chan error, 1)
	s.system.store.committer.submit(&commit{
		system: func(c *sqlite.Conn) error {
			for _, one := range alarms {
				at := one.Time.UnixMilli()
				if err := setAlarm(one.Class, one.ID, one.Name, &at)(c); err != nil {
					return err
				}
			}
			return nil
		},
		done: func(err error) { done <- err },
	})
	return <-done
}

// RemoveAlarm removes an alarm from the index, unless the object has another one there.
func (s *Store) RemoveAlarm(one Alarm) error {
	return s.system.write("DELETE FROM alarms WHERE class = ? AND id = ? AND time = ?", one.Class, one.ID, one.Time.UnixMilli())
}

// AlarmOf returns the time of the alarm that an object has in the index. ok is false if it has none.
func (s *Store) AlarmOf(class, id string) (at time.Time, ok bool, err error) {
	err = s.system.query("SELECT time FROM alarms WHERE class = ? AND id = ?", func(row *sqlite.Stmt) {
		at, ok = time.UnixMilli(row.Int64(0)), true
	}, class, id)
	if err != nil {
		return at, false, fmt.Errorf("reading an alarm: %w", err)
	}
	return at, ok, nil
}
