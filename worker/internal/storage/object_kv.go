package storage

import (
	"errors"
	"strings"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// Pair is a key with its value.
type Pair struct {
	Key   string
	Value []byte
}

// Get returns the value of a key, nil if there is none. Values are never nil.
func (o *Object) Get(key string) (value []byte, err error) {
	err = o.do(func() error {
		if ok, err := o.exists(kvTable, &o.kv); !ok {
			return err
		}
		return o.query("SELECT value FROM _cf_KV WHERE key = ?", func(row *sqlite.Stmt) bool {
			value = row.Blob(0)
			return false
		}, key)
	})
	return value, err
}

// Put stores values. If one of them is too large, none is stored, and the error is a *sqlite.Error with the code TOOBIG.
func (o *Object) Put(pairs ...Pair) error {
	return o.do(func() error {
		if err := o.make(makeKV, &o.kv); err != nil {
			return err
		}
		if len(pairs) == 1 {
			return o.put(pairs[0])
		}
		if err := o.savepoint(); err != nil {
			return err
		}
		for _, p := range pairs {
			if err := o.put(p); err != nil {
				if failure := o.rollback(); failure != nil {
					return failure
				}
				return err
			}
		}
		return o.release()
	})
}

// IsTooBig reports whether an error of Put is that of a value which is too large.
func IsTooBig(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && failure.Code.Primary() == sqlite.TOOBIG
}

func (o *Object) put(p Pair) error {
	if p.Value == nil {
		p.Value = []byte{}
	}
	return o.run("INSERT INTO _cf_KV VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", p.Key, p.Value)
}

// Delete removes keys, and returns how many of them there were.
func (o *Object) Delete(keys ...string) (count int, err error) {
	err = o.do(func() error {
		if ok, err := o.exists(kvTable, &o.kv); !ok {
			return err
		}
		if err := o.begin(); err != nil {
			return err
		}
		before := o.conn.TotalChanges()
		for _, key := range keys {
			if err := o.run("DELETE FROM _cf_KV WHERE key = ?", key); err != nil {
				return err
			}
		}
		count = int(o.conn.TotalChanges() - before)
		return nil
	})
	return count, err
}

// ListOptions select keys, in the order of their UTF-8. The zero value selects all.
type ListOptions struct {
	Prefix     string
	Start      string // the first key
	StartAfter string // the key before the first one; used if it is not ""
	End        string // the key after the last one, if HasEnd is true
	HasEnd     bool
	Reverse    bool
	Limit      int // at most so many; 0 for no limit
}

// List calls each with each selected pair, until it returns false. The Object must not be used meanwhile.
func (o *Object) List(options ListOptions, each func(Pair) bool) error {
	return o.do(func() error {
		if ok, err := o.exists(kvTable, &o.kv); !ok {
			return err
		}
		statement, values := options.statement("SELECT key, value FROM _cf_KV")
		return o.query(statement, func(row *sqlite.Stmt) bool { return each(Pair{row.Text(0), row.Blob(1)}) }, values...)
	})
}

// statement returns a statement that begins with query and selects the pairs, and its parameters.
func (l *ListOptions) statement(query string) (string, []any) {
	var b strings.Builder
	var values []any
	b.WriteString(query)
	where := " WHERE "
	condition := func(text, value string) {
		b.WriteString(where + text)
		values = append(values, value)
		where = " AND "
	}
	if start := max(l.Start, l.Prefix); start != "" {
		condition("key >= ?", start)
	}
	if l.StartAfter != "" {
		condition("key > ?", l.StartAfter)
	}
	if l.HasEnd {
		condition("key < ?", l.End)
	}
	if end := afterPrefix(l.Prefix); end != "" {
		condition("key < ?", end)
	}
	b.WriteString(" ORDER BY key")
	if l.Reverse {
		b.WriteString(" DESC")
	}
	if l.Limit > 0 {
		b.WriteString(" LIMIT ?")
		values = append(values, int64(l.Limit))
	}
	return b.String(), values
}

// afterPrefix returns the first text, in bytes, after all that begin with prefix; "" if there is none.
func afterPrefix(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
