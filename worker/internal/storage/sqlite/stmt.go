package sqlite

import (
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Stmt is a prepared statement.
type Stmt struct {
	conn *Conn
	stmt uintptr
}

// Prepare prepares the first statement in sql, and returns the text after it. The statement is nil if there is none: the
// text is empty, or has only comments. lasting is for statements that are kept for a long time.
func (c *Conn) Prepare(sql string, lasting bool) (s *Stmt, rest string, err error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, "", &Error{Code: Code(lib.SQLITE_ERROR), Message: "a statement must not contain a zero byte", Offset: strings.IndexByte(sql, 0)}
	}
	tls := enter()
	defer leave(tls)
	text := allocate(tls, sql)
	result := lib.Xsqlite3_malloc(tls, int32(2*unsafe.Sizeof(uintptr(0))))
	defer lib.Xsqlite3_free(tls, text)
	defer lib.Xsqlite3_free(tls, result)
	if text == 0 || result == 0 {
		return nil, "", failed(tls, lib.SQLITE_NOMEM)
	}
	flags := uint32(0)
	if lasting {
		flags = lib.SQLITE_PREPARE_PERSISTENT
	}
	tail := result + unsafe.Sizeof(uintptr(0))
	rc := lib.Xsqlite3_prepare_v3(tls, c.db, text, int32(len(sql)), flags, result, tail)
	if err := c.check(tls, rc); err != nil {
		return nil, "", err
	}
	rest = sql[*at[uintptr](tail)-text:]
	if stmt := *at[uintptr](result); stmt != 0 {
		s = &Stmt{c, stmt}
	}
	return s, rest, nil
}

// Finalize frees the statement.
func (s *Stmt) Finalize() {
	tls := enter()
	defer leave(tls)
	lib.Xsqlite3_finalize(tls, s.stmt) // the result is that of the last Step
	s.stmt = 0
}

// Reset ends the run of the statement, and clears its parameters.
func (s *Stmt) Reset() {
	tls := enter()
	defer leave(tls)
	lib.Xsqlite3_reset(tls, s.stmt) // the result is that of the last Step
	lib.Xsqlite3_clear_bindings(tls, s.stmt)
}

// ReadOnly reports whether the statement writes nothing to the database.
func (s *Stmt) ReadOnly() bool {
	tls := enter()
	defer leave(tls)
	return lib.Xsqlite3_stmt_readonly(tls, s.stmt) != 0
}

// Parameters returns the number of parameters.
func (s *Stmt) Parameters() int {
	tls := enter()
	defer leave(tls)
	return int(lib.Xsqlite3_bind_parameter_count(tls, s.stmt))
}

// FullScanSteps returns the number of steps that the statement has made in tables without the help of an index.
func (s *Stmt) FullScanSteps() int64 {
	tls := enter()
	defer leave(tls)
	return int64(lib.Xsqlite3_stmt_status(tls, s.stmt, lib.SQLITE_STMTSTATUS_FULLSCAN_STEP, 0))
}

// Bind sets the parameters, the first of which is number 1, to nil, an int64, a float64, a string or a []byte.
func (s *Stmt) Bind(values ...any) error {
	tls := enter()
	defer leave(tls)
	for i, v := range values {
		if err := s.conn.check(tls, s.bind(tls, int32(i+1), v)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stmt) bind(tls *libc.TLS, number int32, value any) int32 {
	switch v := value.(type) {
	case nil:
		return lib.Xsqlite3_bind_null(tls, s.stmt, number)
	case int64:
		return lib.Xsqlite3_bind_int64(tls, s.stmt, number, v)
	case float64:
		return lib.Xsqlite3_bind_double(tls, s.stmt, number, v)
	case string:
		p := allocate(tls, v)
		if p == 0 {
			return lib.SQLITE_NOMEM
		}
		return lib.Xsqlite3_bind_text64(tls, s.stmt, number, p, lib.Tsqlite3_uint64(len(v)), freeAllocated, lib.SQLITE_UTF8)
	case []byte:
		p := allocate(tls, v)
		if p == 0 {
			return lib.SQLITE_NOMEM
		}
		return lib.Xsqlite3_bind_blob64(tls, s.stmt, number, p, lib.Tsqlite3_uint64(len(v)), freeAllocated)
	}
	return lib.SQLITE_MISMATCH
}

// Step runs the statement up to its next row. It reports false at the end.
func (s *Stmt) Step() (bool, error) {
	tls := enter()
	defer leave(tls)
	rc := lib.Xsqlite3_step(tls, s.stmt)
	return rc == lib.SQLITE_ROW, s.conn.check(tls, rc)
}

// Run binds the values, runs the statement to its end, and resets it.
func (s *Stmt) Run(values ...any) error {
	defer s.Reset()
	if err := s.Bind(values...); err != nil {
		return err
	}
	for {
		if more, err := s.Step(); err != nil || !more {
			return err
		}
	}
}

// Columns returns the names of the columns.
func (s *Stmt) Columns() []string {
	tls := enter()
	defer leave(tls)
	names := make([]string, lib.Xsqlite3_column_count(tls, s.stmt))
	for i := range names {
		names[i] = textAt(lib.Xsqlite3_column_name(tls, s.stmt, int32(i)))
	}
	return names
}

// Row returns the values of the current row, each nil, an int64, a float64, a string or a []byte.
func (s *Stmt) Row() ([]any, error) {
	tls := enter()
	defer leave(tls)
	row := make([]any, lib.Xsqlite3_column_count(tls, s.stmt))
	for i := range row {
		v, err := s.column(tls, int32(i))
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	return row, nil
}

// Blob returns a blob or text of the current row as bytes, nil for NULL.
func (s *Stmt) Blob(column int) []byte {
	tls := enter()
	defer leave(tls)
	p := lib.Xsqlite3_column_blob(tls, s.stmt, int32(column))
	n := lib.Xsqlite3_column_bytes(tls, s.stmt, int32(column))
	if n == 0 && lib.Xsqlite3_column_type(tls, s.stmt, int32(column)) == lib.SQLITE_NULL {
		return nil
	}
	return copyOf(p, int(n))
}

// Text returns a text of the current row.
func (s *Stmt) Text(column int) string { return string(s.Blob(column)) }

// Int64 returns an integer of the current row, 0 for NULL.
func (s *Stmt) Int64(column int) int64 {
	tls := enter()
	defer leave(tls)
	return lib.Xsqlite3_column_int64(tls, s.stmt, int32(column))
}

func (s *Stmt) column(tls *libc.TLS, i int32) (any, error) {
	switch kind := lib.Xsqlite3_column_type(tls, s.stmt, i); kind {
	case lib.SQLITE_NULL:
		return nil, nil
	case lib.SQLITE_INTEGER:
		return lib.Xsqlite3_column_int64(tls, s.stmt, i), nil
	case lib.SQLITE_FLOAT:
		return lib.Xsqlite3_column_double(tls, s.stmt, i), nil
	case lib.SQLITE_TEXT:
		p := lib.Xsqlite3_column_text(tls, s.stmt, i)
		return string(copyOf(p, int(lib.Xsqlite3_column_bytes(tls, s.stmt, i)))), nil
	case lib.SQLITE_BLOB:
		p := lib.Xsqlite3_column_blob(tls, s.stmt, i)
		return copyOf(p, int(lib.Xsqlite3_column_bytes(tls, s.stmt, i))), nil
	default:
		return nil, fmt.Errorf("SQLite has returned a value of the unknown type %d", kind)
	}
}
