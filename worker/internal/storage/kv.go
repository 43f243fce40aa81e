package storage

import (
	"errors"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// KV is a KV namespace: keys with values, metadata and expirations. Its methods may be called by several goroutines.
type KV struct {
	writes sync.Mutex // held during a write and its commit
	object Object     // the database of the namespace
	tables tableState
}

// Entry is a key of a KV namespace with its value.
type Entry struct {
	Key        string
	Value      []byte
	Metadata   string
	Expiration time.Time // in seconds; the zero Time for never
}

const kvFolder = "kv"

// KV returns the KV namespace with a name. There must be one KV for each name. Its file is created by the first write. The error is a
// *NameError if the name cannot be that of a file.
func (s *Store) KV(name string) (*KV, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	k := &KV{}
	k.object.database = &database{store: s, name: kvFolder + "/" + encodeName(name) + ".sqlite", opened: func() { k.tables = unknown }}
	return k, nil
}

// A value is stored in pieces, because SQLite's limit is less than that of values.
const (
	kvPiece = 1 << 20

	makeEntries     = "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, size INTEGER NOT NULL, metadata TEXT NOT NULL, expiration INTEGER) WITHOUT ROWID"
	makeExpirations = "CREATE INDEX IF NOT EXISTS expirations ON entries (expiration) WHERE expiration IS NOT NULL"
	makePieces      = "CREATE TABLE IF NOT EXISTS pieces (key TEXT NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (key, number))"
)

// maxExpired bounds the expired entries that one write removes.
const maxExpired = 100

// do calls f with the database entered. If the database has failed, the next use opens it again, with what is durable.
func (k *KV) do(f func() error) error {
	err := k.object.do(f)
	if err != nil {
		k.object.recover()
	}
	return err
}

// Get returns the entry of a key, nil if there is none or it has expired.
func (k *KV) Get(key string, now time.Time) (entry *Entry, err error) {
	o := &k.object
	err = k.do(func() error {
		if ok, err := o.exists("entries", &k.tables); !ok {
			return err
		}
		size := int64(0)
		err := o.query("SELECT size, metadata, expiration FROM entries WHERE key = ? AND (expiration IS NULL OR expiration > ?)", func(row *sqlite.Stmt) bool {
			size = row.Int64(0)
			entry = &Entry{Key: key, Metadata: row.Text(1), Expiration: expirationOf(row.Int64(2))}
			return false
		}, key, now.Unix())
		if entry == nil || err != nil {
			return err
		}
		entry.Value = make([]byte, 0, size)
		return o.query("SELECT data FROM pieces WHERE key = ? ORDER BY number", func(row *sqlite.Stmt) bool {
			entry.Value = append(entry.Value, row.Blob(0)...)
			return true
		}, key)
	})
	return entry, err
}

// expirationOf returns the time of a column, which is 0 if it is NULL.
func expirationOf(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// List returns at most limit entries, without their values, whose keys begin with prefix and are after a key, in the order of their
// UTF-8. complete means that there are no more. Expired entries are left out.
func (k *KV) List(prefix, after string, limit int, now time.Time) (entries []Entry, complete bool, err error) {
	o := &k.object
	complete = true
	err = k.do(func() error {
		if ok, err := o.exists("entries", &k.tables); !ok {
			return err
		}
		options := ListOptions{Prefix: prefix, StartAfter: after}
		statement, values := options.statement("SELECT key, metadata, expiration FROM entries")
		return o.query(statement, func(row *sqlite.Stmt) bool {
			e := Entry{Key: row.Text(0), Metadata: row.Text(1), Expiration: expirationOf(row.Int64(2))}
			if !e.Expiration.IsZero() && !e.Expiration.After(now) {
				return true
			}
			if len(entries) == limit {
				complete = false
				return false
			}
			entries = append(entries, e)
			return true
		}, values...)
	})
	return entries, complete, err
}

// Put sets the entry of a key. If there is no error, done is called when it is durable, or with the failure; it must not block.
func (k *KV) Put(entry Entry, now time.Time, done func(error)) error {
	return k.write(done, func() error {
		if err := k.remove(entry.Key); err != nil {
			return err
		}
		var expiration any
		if !entry.Expiration.IsZero() {
			expiration = entry.Expiration.Unix()
		}
		err := k.object.run("INSERT INTO entries VALUES (?, ?, ?, ?)", entry.Key, int64(len(entry.Value)), entry.Metadata, expiration)
		for number, rest := int64(0), entry.Value; err == nil && len(rest) > 0; number++ {
			piece := rest[:min(len(rest), kvPiece)]
			rest = rest[len(piece):]
			err = k.object.run("INSERT INTO pieces VALUES (?, ?, ?)", entry.Key, number, piece)
		}
		if err != nil {
			return err
		}
		return k.removeExpired(now)
	})
}

// Delete removes a key, which need not exist. If there is no error, done is called as by Put.
func (k *KV) Delete(key string, done func(error)) error {
	return k.write(done, func() error { return k.remove(key) })
}

// write calls change in a transaction and commits it. If change fails, nothing is written.
func (k *KV) write(done func(error), change func() error) error {
	k.writes.Lock()
	defer k.writes.Unlock()
	o := &k.object
	err := k.do(func() error {
		for _, statement := range []string{makeEntries, makeExpirations, makePieces} {
			if err := o.make(statement, &k.tables); err != nil {
				return err
			}
			k.tables = unknown // until all are made
		}
		k.tables = present
		if err := o.savepoint(); err != nil {
			return err
		}
		if err := change(); err != nil {
			return errors.Join(err, o.rollback())
		}
		return o.release()
	})
	if err == nil {
		err = o.commitOrDone(done)
	}
	if err != nil {
		k.object.recover()
	}
	return err
}

func (k *KV) remove(key string) error {
	if err := k.object.run("DELETE FROM pieces WHERE key = ?", key); err != nil {
		return err
	}
	return k.object.run("DELETE FROM entries WHERE key = ?", key)
}

// removeExpired removes some of the entries that have expired.
func (k *KV) removeExpired(now time.Time) error {
	var keys []string
	err := k.object.query("SELECT key FROM entries WHERE expiration <= ? LIMIT ?", func(row *sqlite.Stmt) bool {
		keys = append(keys, row.Text(0))
		return true
	}, now.Unix(), int64(maxExpired))
	for _, key := range keys {
		if err == nil {
			err = k.remove(key)
		}
	}
	return err
}

// Close frees the memory of the namespace.
func (k *KV) Close() error { return k.object.Close() }
