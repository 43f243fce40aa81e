package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/storage"
)

// open opens a Store in a directory of the test.
func open(t *testing.T, dir string) *storage.Store {
	t.Helper()
	s, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func object(t *testing.T, s *storage.Store, id string) *storage.Object {
	t.Helper()
	o, err := s.Object("Room", id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commit commits and waits until the writes are durable.
func commit(t *testing.T, o *storage.Object) {
	t.Helper()
	done := make(chan error, 1)
	willCall, err := o.Commit(func(err error) { done <- err })
	must(t, err)
	if willCall {
		must(t, <-done)
	}
}

// rows returns the result of a statement as text.
func rows(o *storage.Object, sql string, parameters ...any) string {
	c, err := o.Exec(sql, parameters...)
	if err != nil {
		return "error: " + err.Error()
	}
	var lines []string
	for {
		row, err := c.Next()
		if err != nil {
			return "error: " + err.Error()
		}
		if row == nil {
			return strings.Join(lines, " ")
		}
		lines = append(lines, fmt.Sprint(row))
	}
}

// The texts of errors are those of the Workers runtime.
func TestExec(t *testing.T) {
	o := object(t, open(t, t.TempDir()), "1")
	for _, c := range []struct{ sql, want string }{
		{"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c)", ""},
		{"INSERT INTO t VALUES (1, 'x', 1.5), (2, 'y', NULL); SELECT * FROM t", "[1 x 1.5] [2 y <nil>]"},
		{"INSERT INTO t VALUES (3, 'z', x'0102') RETURNING c", "[[1 2]]"},
		{"SELECT 1;  ", "[1]"},
		{"INSERT INTO t VALUES (5, 'five', 5); DELETE FROM t WHERE a = 5; SELECT count(*) FROM t", "[3]"},
		{"BEGIN", "error: " + storage.ErrTransactionStatement.Error()},
		{"COMMIT", "error: " + storage.ErrTransactionStatement.Error()},
		{"SAVEPOINT a", "error: " + storage.ErrTransactionStatement.Error()},
		{"", "error: SQL code did not contain a statement."},
		{"-- nothing", "error: SQL code did not contain a statement."},
		{"SELECT ?; SELECT 1", "error: When executing multiple SQL statements in a single call, only the last statement can have parameters."},
		{"SELECT ?", "error: Wrong number of parameter bindings for SQL query."},
		{"SELEC 1", `error: near "SELEC": syntax error at offset 0: SQLITE_ERROR`},
		{"SELECT nope FROM t", "error: no such column: nope at offset 7: SQLITE_ERROR"},
		{"INSERT INTO t VALUES (1, 'q', 1)", "error: UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"},
		{"ATTACH ':memory:' AS x", "error: not authorized: SQLITE_AUTH"},
		{"CREATE TEMP TABLE x (a)", "error: not authorized: SQLITE_AUTH"},
		{"CREATE TABLE _cf_x (a)", "error: not authorized: SQLITE_AUTH"},
		{"ALTER TABLE t RENAME TO _CF_t", "error: not authorized: SQLITE_AUTH"},
		{"ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t; ALTER TABLE t ADD COLUMN d; ALTER TABLE t DROP COLUMN d; SELECT count(*) FROM t", "[3]"},
		{"PRAGMA journal_mode", "error: not authorized: SQLITE_AUTH"},
		{"PRAGMA table_info(t)", "[0 a INTEGER 0 <nil> 1] [1 b TEXT 0 <nil> 0] [2 c  0 <nil> 0]"},
		{"SELECT sqlite_version()", "error: not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"},
		{"SELECT 'a' LIKE '" + strings.Repeat("%", 51) + "'", "error: LIKE or GLOB pattern too complex: SQLITE_ERROR"},
		{"SELECT '" + strings.Repeat("x", 100_000) + "'", "error: statement too long: SQLITE_TOOBIG"},
		{"SELECT length(zeroblob(2200001))", "error: string or blob too big: SQLITE_TOOBIG"},
		{"VACUUM", "error: cannot VACUUM from within a transaction: SQLITE_ERROR"},
		{"SELECT \x00", "error: a statement must not contain a zero byte at offset 7: SQLITE_ERROR"},
		{"CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('quick fox'), ('dog'); SELECT a FROM f WHERE f MATCH 'fox'", "[quick fox]"},
		{"CREATE TABLE a (x); CREATE TRIGGER g AFTER INSERT ON a BEGIN INSERT INTO t(b) VALUES (new.x); END; INSERT INTO a VALUES ('by trigger'); SELECT b FROM t WHERE a = 4", "[by trigger]"},
	} {
		if got := rows(o, c.sql); got != c.want {
			t.Errorf("%.80s\n got  %.200s\n want %.200s", c.sql, got, c.want)
		}
	}
	if got := rows(o, "SELECT ?, ?, ?, ?, ?", nil, int64(1), 2.5, "text", []byte{1}); got != "[<nil> 1 2.5 text [1]]" {
		t.Errorf("parameters: got %s", got)
	}
	must(t, o.Put(storage.Pair{Key: "a", Value: []byte("1")}))
	if got := rows(o, "SELECT * FROM _cf_KV"); got != "error: access to _cf_KV.key is prohibited: SQLITE_AUTH" {
		t.Errorf("a table of the platform: got %s", got)
	}
	commit(t, o)
}

func TestCursorCounts(t *testing.T) {
	o := object(t, open(t, t.TempDir()), "1")
	for _, c := range []struct {
		sql           string
		read, written int64
	}{
		{"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c)", 0, 0},
		{"INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3)", 0, 3},
		{"CREATE INDEX i ON t (b)", 0, 0},
		{"INSERT INTO t VALUES (4, 'q', 4)", 0, 2},
		{"SELECT * FROM t", 4, 0},
		{"SELECT * FROM t WHERE a = 2", 1, 0},
		{"SELECT * FROM t WHERE c = 2", 4, 0},
		{"UPDATE t SET c = 1 WHERE a = 1", 0, 1},
		{"UPDATE t SET b = 1 WHERE c > 0", 4, 8},
		{"DELETE FROM t", 0, 4},
	} {
		cursor, err := o.Exec(c.sql)
		must(t, err)
		for row := []any{}; row != nil; {
			row, err = cursor.Next()
			must(t, err)
		}
		if cursor.RowsRead() != c.read || cursor.RowsWritten() != c.written {
			t.Errorf("%s: %d rows read and %d written, expected %d and %d", c.sql, cursor.RowsRead(), cursor.RowsWritten(), c.read, c.written)
		}
	}
}
