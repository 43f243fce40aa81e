package storage

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// openSQL opens a database in a new data directory.
func openSQL(t *testing.T) *SQL {
	t.Helper()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d, err := s.SQL("a database")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// runSQL runs statements and waits until they are durable.
func runSQL(d *SQL, limit time.Duration, texts ...string) ([]Result, error) {
	var statements []Statement
	for _, text := range texts {
		statements = append(statements, Statement{SQL: text})
	}
	done := make(chan error, 1)
	results, err := d.Batch(statements, limit, func(err error) { done <- err })
	if err != nil {
		return nil, err
	}
	return results, <-done
}

func TestSQLBatch(t *testing.T) {
	t.Parallel()
	d := openSQL(t)
	results, err := runSQL(d, time.Minute, "CREATE TABLE t (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (5), (6)", "SELECT a FROM t")
	if err != nil || len(results) != 3 || results[1].Changes != 2 || results[1].LastRowID != 6 || len(results[2].Rows) != 2 || results[2].Rows[0][0] != int64(5) {
		t.Fatalf("the batch must have a result for each statement; got %+v %v", results, err)
	}
	_, err = runSQL(d, time.Minute, "INSERT INTO t VALUES (7)", "INSERT INTO t VALUES (5)")
	failed, ok := errors.AsType[*StatementError](err)
	if !ok || failed.Index != 1 || !strings.Contains(err.Error(), "UNIQUE constraint failed") {
		t.Errorf("the error must be that of the second statement; got %v", err)
	}
	results, err = runSQL(d, time.Minute, "SELECT count(*) FROM t")
	if err != nil || results[0].Rows[0][0] != int64(2) {
		t.Errorf("a batch that fails must be undone; got %+v %v", results, err)
	}
}

func TestSQLBatchIsStoppedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	d := openSQL(t)
	if _, err := runSQL(d, time.Minute, "CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	_, err := runSQL(d, 50*time.Millisecond, "INSERT INTO t VALUES (1)", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r")
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("the batch must be interrupted; got %v", err)
	}
	results, err := runSQL(d, time.Minute, "SELECT count(*) FROM t")
	if err != nil || results[0].Rows[0][0] != int64(0) {
		t.Errorf("the batch must be undone, and the database usable; got %+v %v", results, err)
	}
}

func TestSQLConcurrency(t *testing.T) {
	t.Parallel()
	d := openSQL(t)
	if _, err := runSQL(d, time.Minute, "CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if _, err := runSQL(d, time.Minute, "INSERT INTO t VALUES (1)", "SELECT count(*) FROM t"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	results, err := runSQL(d, time.Minute, "SELECT count(*) FROM t")
	if err != nil || results[0].Rows[0][0] != int64(160) {
		t.Errorf("all batches must be stored; got %+v %v", results, err)
	}
}
