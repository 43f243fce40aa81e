package storage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// Errors of Exec, whose texts are those of the platform.
var (
	ErrTransactionStatement = errors.New("To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic write coalescing.") //nolint:staticcheck // the platform's text
	ErrNoStatement          = errors.New("SQL code did not contain a statement.")                                                                                                                                                                                                                                                                                                                     //nolint:staticcheck,revive // the platform's text
	ErrParametersBeforeLast = errors.New("When executing multiple SQL statements in a single call, only the last statement can have parameters.")                                                                                                                                                                                                                                                     //nolint:staticcheck,revive // the platform's text
	ErrParameterCount       = errors.New("Wrong number of parameter bindings for SQL query.")                                                                                                                                                                                                                                                                                                         //nolint:staticcheck,revive // the platform's text
)

// Cursor is the result of a statement. It reads one row ahead, as the platform does, so that a later statement which changes the
// rows does not change the next one.
type Cursor struct {
	db      *database
	stmt    *sqlite.Stmt // nil at the end
	columns []string
	next    [][]any // the next row, or all that remain of a statement that writes
	ended   bool    // the statement has ended; there are no rows after next

	returned int64 // the number of rows that were read
	scanned  int64 // the number of rows of full scans, at the end
	changes  int64 // the number of rows that were changed
	indexes  int64 // the number of entries in indexes that were changed for each of them
}

// Exec runs all statements in sql. The parameters, each nil, an int64, a float64, a string or a []byte, are those of the last one, whose
// result the Cursor has. A statement that the platform forbids fails; a *SQLError has the platform's text.
func (o *Object) Exec(sql string, parameters ...any) (cursor *Cursor, err error) {
	err = o.do(func() error {
		o.guard.on, o.guard.transaction = true, false
		defer func() { o.guard.on = false }()
		for {
			stmt, rest, err := o.conn.Prepare(sql, false)
			switch {
			case err != nil && o.guard.transaction:
				return ErrTransactionStatement
			case err != nil:
				return asSQLError(err)
			case stmt == nil:
				return ErrNoStatement
			}
			last := strings.TrimSpace(rest) == ""
			if !last && stmt.Parameters() > 0 {
				stmt.Finalize()
				return ErrParametersBeforeLast
			}
			if !last {
				if err := o.runAll(stmt); err != nil {
					return asSQLError(err)
				}
				sql = rest
				continue
			}
			cursor, err = o.start(stmt, parameters)
			return asSQLError(err)
		}
	})
	return cursor, err
}

// runAll runs a statement before the last one.
func (o *Object) runAll(stmt *sqlite.Stmt) error {
	c, err := o.start(stmt, nil)
	for err == nil && !c.ended {
		c.next = nil
		err = c.step()
	}
	return err
}

// start runs a statement up to its first row.
func (o *Object) start(stmt *sqlite.Stmt, parameters []any) (*Cursor, error) {
	c := &Cursor{db: o.database, stmt: stmt, columns: stmt.Columns()}
	if o.cursors == nil {
		o.cursors = map[*Cursor]struct{}{}
	}
	o.cursors[c] = struct{}{}
	err := c.begin(parameters)
	if err != nil {
		c.finish()
		return nil, err
	}
	return c, nil
}

func (c *Cursor) begin(parameters []any) error {
	if c.stmt.Parameters() != len(parameters) {
		return ErrParameterCount
	}
	if err := c.stmt.Bind(parameters...); err != nil {
		return err
	}
	readOnly := c.stmt.ReadOnly()
	if !readOnly {
		guarded := c.db.guard.on
		c.db.guard.on = false
		err := c.db.begin()
		c.db.guard.on = guarded
		if err != nil {
			return err
		}
	}
	err := c.step()
	for err == nil && !readOnly && !c.ended { // a transaction cannot end before the statements that write
		err = c.step()
	}
	return err
}

// step reads the next row.
func (c *Cursor) step() error {
	before := c.db.conn.TotalChanges()
	more, err := c.stmt.Step()
	c.changes += c.db.conn.TotalChanges() - before
	if err == nil && more {
		c.returned++
		var row []any
		row, err = c.stmt.Row()
		c.next = append(c.next, row)
	}
	if err != nil {
		err = c.db.check(err)
	}
	if err != nil || !more {
		c.finish()
	}
	return err
}

// finish ends the cursor.
func (c *Cursor) finish() {
	if c.stmt == nil {
		return
	}
	c.scanned = c.stmt.FullScanSteps()
	c.stmt.Finalize()
	c.stmt, c.ended = nil, true
	delete(c.db.cursors, c)
}

// Columns returns the names of the columns.
func (c *Cursor) Columns() []string { return c.columns }

// Next returns the next row, nil at the end. The values are nil, int64, float64, string or []byte.
func (c *Cursor) Next() (row []any, err error) {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	if len(c.next) == 0 {
		return nil, nil
	}
	row, c.next = c.next[0], c.next[1:]
	if c.ended {
		return row, nil
	}
	g := c.db.guard
	g.on = true
	defer func() { g.on = false }()
	return row, asSQLError(c.step())
}

// Close ends the cursor. A cursor at its end is closed.
func (c *Cursor) Close() {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.finish()
}

// RowsRead returns about how many rows the statement has read so far.
func (c *Cursor) RowsRead() int64 { return max(c.returned, c.scanned) }

// RowsWritten returns about how many rows, those of indexes included, the statement has written so far.
func (c *Cursor) RowsWritten() int64 { return c.changes * (1 + c.indexes) }

// SQLError is an error of SQLite for the application, with the platform's text.
type SQLError struct{ cause *sqlite.Error }

func (e *SQLError) Unwrap() error { return e.cause }

// Error returns SQLite's text, the place in the statement if it is known, and the names of the code.
func (e *SQLError) Error() string {
	text := e.cause.Message
	if e.cause.Offset >= 0 {
		text = fmt.Sprintf("%s at offset %d", text, e.cause.Offset)
	}
	text += ": " + e.cause.Code.Primary().Name()
	if e.cause.Code != e.cause.Code.Primary() {
		if name := e.cause.Code.Name(); name != "" {
			text += " (extended: " + name + ")"
		}
	}
	return text
}

// asSQLError returns an error of SQLite as a *SQLError, and others as they are.
func asSQLError(err error) error {
	var cause *sqlite.Error
	if errors.As(err, &cause) {
		return &SQLError{cause}
	}
	return err
}
