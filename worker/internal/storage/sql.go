package storage

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// SQL is a database of the application that belongs to no object. Its methods may be called by several goroutines, and block while
// another one uses the database.
type SQL struct {
	turns  sync.Mutex // held during a batch and its commit
	object Object     // the database
}

// Statement is a statement with its parameters, each nil, a float64, a string or a []byte.
type Statement struct {
	SQL        string
	Parameters []any
}

// Result is the result of a statement.
type Result struct {
	Columns []string
	Rows    [][]any // values are nil, int64, float64, string or []byte

	Changes, LastRowID, RowsRead, RowsWritten int64
	Duration                                  time.Duration
}

const (
	sqlFolder = "d1"

	// maxResult bounds the rows of a batch in bytes.
	maxResult = 32 << 20
)

// ErrResultTooLarge is the error of a batch whose rows exceed maxResult.
var ErrResultTooLarge = fmt.Errorf("the result has more than %d bytes: select fewer rows", maxResult)

// SQL returns the database with a name. There must be one SQL for each name. Its file is created by the first write. The error is a
// *NameError if the name cannot be that of a file.
func (s *Store) SQL(name string) (*SQL, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	d := &SQL{}
	d.object.database = &database{store: s, name: sqlFolder + "/" + encodeName(name) + ".sqlite", guard: &guard{}, opened: d.object.forgetTables}
	return d, nil
}

// Batch runs statements in one transaction, which is undone if one of them fails or the time is over. When Batch returns without an error, the
// transaction is in the file of the database, and done is called when it is durable, or with the failure; it must not block. The error of a
// statement is a *StatementError.
func (d *SQL) Batch(statements []Statement, limit time.Duration, done func(error)) ([]Result, error) {
	d.turns.Lock()
	defer d.turns.Unlock()
	o := &d.object
	end := time.Now().Add(limit)
	o.StopWhen(func() bool { return time.Now().After(end) })
	results, err := d.run(statements)
	o.StopWhen(nil)
	if err == nil {
		err = o.commitOrDone(done)
	}
	if err != nil {
		d.object.recover()
		return nil, err
	}
	return results, nil
}

// StatementError is the failure of a statement of a batch.
type StatementError struct {
	Index int // the number of the statement, counted from 0
	Cause error
}

func (e *StatementError) Error() string { return e.Cause.Error() }
func (e *StatementError) Unwrap() error { return e.Cause }

func (d *SQL) run(statements []Statement) (results []Result, err error) {
	o := &d.object
	if err := o.Begin(); err != nil {
		return nil, err
	}
	size := 0
	for i := range statements {
		result, err := d.statement(&statements[i], &size)
		if err != nil {
			o.StopWhen(nil)
			return nil, errors.Join(&StatementError{i, err}, o.Rollback())
		}
		results = append(results, result)
	}
	return results, o.Release()
}

// statement runs a statement. size is the number of bytes of the results so far.
func (d *SQL) statement(s *Statement, size *int) (result Result, err error) {
	o := &d.object
	began := time.Now()
	before, _, err := d.counters()
	if err != nil {
		return result, err
	}
	cursor, err := o.Exec(s.SQL, s.Parameters...)
	if err != nil {
		return result, err
	}
	defer cursor.Close()
	result.Columns = cursor.Columns()
	for {
		row, err := cursor.Next()
		if err != nil {
			return result, err
		}
		if row == nil {
			break
		}
		if *size += sizeOf(row); *size > maxResult {
			return result, ErrResultTooLarge
		}
		result.Rows = append(result.Rows, row)
	}
	result.RowsRead, result.RowsWritten = cursor.RowsRead(), cursor.RowsWritten()
	after, last, err := d.counters()
	result.Changes, result.LastRowID, result.Duration = after-before, last, time.Since(began)
	return result, err
}

// sizeOf returns about how many bytes a row needs.
func sizeOf(row []any) int {
	size := 16 * len(row)
	for _, v := range row {
		switch v := v.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	return size
}

// counters returns the number of rows that were changed so far, and the ID of the last row that was inserted.
func (d *SQL) counters() (changes, last int64, err error) {
	o := &d.object
	err = o.do(func() error {
		changes = o.conn.TotalChanges()
		return o.query("SELECT last_insert_rowid()", func(row *sqlite.Stmt) bool {
			last = row.Int64(0)
			return false
		})
	})
	return changes, last, err
}

// Size returns the size of the database in bytes.
func (d *SQL) Size() (int64, error) { return d.object.Size() }
