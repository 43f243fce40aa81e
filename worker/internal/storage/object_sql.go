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
	ErrNoStatement          = errors.New("SQL code did not contain a statement.")                                                                                                                                                                                                                                                                                                                     //nolint:staticcheck // the platform's text
	ErrParametersBeforeLast = errors.New("When executing multiple SQL statements in a single call, only the last statement can have parameters.")                                                                                                                                                                                                                                                     //nolint:staticcheck // the platform's text
	ErrParameterCount       = errors.New("Wrong number of parameter bindings for SQL query.")                                                                                                                                                                                                                                                                                                         //nolint:staticcheck // the platform's text
)

// Cursor is the result of a statement. It reads one row ahead, as the platform does, so that a later statement which changes the
// rows does not change the next one.
type Cursor struct {
	db      *database
	stmt    *sqlite.Stmt // nil at the end
	columns []string
	next    [][]any // the next row, or all that remain of a statement that writes
	ended   bool    // the statement has ended; there are no rows after next

	returned int64 // the number of rows that Next has returned
	scanned  int64 // the number of rows of full scans, at the end
	changes  int64 // the number of rows that were changed
	indexes  int64 // the number of entries in indexes that were changed for each of them
}

// Exec runs all statements in sql. The parameters, each nil, an int64, a float64, a string or a []byte, are those of the last one, whose
// result the Cursor has. A statement that the platform forbids fails; a *SQLError has the platform's text.
func (o *Object) Exec(sql string, parameters ...any) (cursor *Cursor, err error) {
	err = o.do(func() error {
		defer o.guard.end()
		for {
			o.guard.begin()
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
			if last {
				cursor, err = o.start(stmt, parameters)
				return asSQLError(err)
			}
			earlier, err := o.start(stmt, nil)
			if err != nil {
				return asSQLError(err)
			}
			if err := earlier.skip(); err != nil {
				return asSQLError(err)
			}
			sql = rest
		}
	})
	return cursor, err
}

// start runs a statement up to its first row.
func (o *Object) start(stmt *sqlite.Stmt, parameters []any) (*Cursor, error) {
	c := &Cursor{db: o.database, stmt: stmt, columns: stmt.Columns()}
	if o.cursors == nil {
		o.cursors = map[*Cursor]struct{}{}
	}
	o.cursors[c] = struct{}{}
	if stmt.Parameters() != len(parameters) {
		c.finish()
		return nil, ErrParameterCount
	}
	err := stmt.Bind(parameters...)
	switch {
	case err != nil:
	case stmt.ReadOnly():
		err = c.step()
	default:
		err = o.change(c)
	}
	if err != nil {
		c.finish()
		return nil, err
	}
	return c, nil
}

// change runs a statement that writes to its end, because a transaction cannot end before it.
func (o *Object) change(c *Cursor) error {
	alters := o.guard.alters
	err := o.unguarded(func() (err error) {
		if err := o.begin(); err != nil {
			return err
		}
		if o.guard.schema {
			clear(o.indexes)
		}
		if c.indexes, err = o.indexesOf(o.guard.writes); err == nil && alters {
			err = o.savepoint()
		}
		return err
	})
	if err != nil {
		return err
	}
	err = c.step()
	for err == nil && !c.ended {
		err = c.step()
	}
	if !alters {
		return err
	}
	c.finish()
	return o.unguarded(func() error {
		if err == nil {
			err = o.checkNames()
		}
		if err != nil {
			return errors.Join(err, o.rollback())
		}
		return o.release()
	})
}

// unguarded calls f, whose statements are those of this package.
func (o *Object) unguarded(f func() error) error {
	o.guard.on = false
	defer func() { o.guard.on = true }()
	return f()
}

// checkNames returns an error if there is a table with a name that is reserved for the platform.
func (o *Object) checkNames() error {
	reserved := false
	err := o.query(`SELECT 1 FROM sqlite_master WHERE name LIKE '\_cf\_%' ESCAPE '\' AND tbl_name NOT IN (?, ?)`, func(*sqlite.Stmt) bool {
		reserved = true
		return false
	}, kvTable, metadataTable)
	if err == nil && reserved {
		err = &sqlite.Error{Code: sqlite.AUTH, Message: "not authorized", Offset: -1}
	}
	return err
}

// indexesOf returns the number of entries in indexes that change with a row, for a statement that writes to tables and columns.
func (o *Object) indexesOf(writes []sqlite.Access) (count int64, err error) {
	for _, w := range writes {
		key := w.First + "\x00" + w.Second
		n, known := o.indexes[key]
		if !known {
			// An UPDATE is reported for each column; the first of them that is in an index counts.
			err = o.query("SELECT count(DISTINCT l.name) FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l.origin <> 'pk' AND (? = '' OR i.name = ?)", func(row *sqlite.Stmt) bool {
				n = row.Int64(0)
				return false
			}, w.First, w.Second, w.Second)
			if err != nil {
				return 0, err
			}
			if o.indexes == nil || len(o.indexes) > maxKnownIndexes {
				o.indexes = map[string]int64{}
			}
			o.indexes[key] = n
		}
		count = max(count, n)
	}
	return count, nil
}

// maxKnownIndexes bounds the tables and columns whose indexes are remembered.
const maxKnownIndexes = 1000

// skip reads all rows and discards them.
func (c *Cursor) skip() (err error) {
	for err == nil && !c.ended {
		c.next = nil
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
	if steps := c.stmt.FullScanSteps(); steps > 0 {
		c.scanned = steps + 1 // from row to row
	}
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
	c.returned++
	if c.ended {
		return row, nil
	}
	c.db.guard.begin()
	defer c.db.guard.end()
	return row, asSQLError(c.step())
}

// Close ends the cursor. A cursor at its end is closed.
func (c *Cursor) Close() {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.finish()
}

// RowsRead returns about how many rows the statement has read so far: those that Next has returned or, at the end, those of full
// scans. SQLite does not count others, such as those of count(*).
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
