package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// PageSize is the size of the pages of every database, in bytes.
const PageSize = 4096

// Conn is a connection to a database.
type Conn struct {
	db        uintptr
	number    int64 // of the file, and of the connection in conns
	authorize func(Access) bool
	stopped   func() bool // whether statements have to end; may be nil
}

// conns has the open connections, for callbacks of SQLite.
var conns sync.Map // of int64 to *Conn

// interval is the number of instructions of SQLite between two checks for an interrupt.
const interval = 10_000

// setup prepares a connection: its journals and temporary tables are in memory, and there are no locks and syncs.
// cache_size is in KiB.
var setup = fmt.Sprintf("PRAGMA page_size=%d; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA cache_size=-", PageSize)

// Open opens the database in f, which may be empty. cache is the size of the page cache in KiB.
func Open(f File, cache int) (*Conn, error) {
	if err := registerVFS(); err != nil {
		return nil, err
	}
	tls := enter()
	defer leave(tls)
	c := &Conn{number: register(f)}
	name, vfs := allocate(tls, strconv.FormatInt(c.number, 10)), allocate(tls, vfsName)
	result := lib.Xsqlite3_malloc(tls, 8)
	defer func() {
		for _, p := range []uintptr{name, vfs, result} {
			lib.Xsqlite3_free(tls, p)
		}
	}()
	if name == 0 || vfs == 0 || result == 0 {
		unregister(c.number)
		return nil, failed(tls, lib.SQLITE_NOMEM)
	}
	const flags = lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE | lib.SQLITE_OPEN_NOMUTEX | lib.SQLITE_OPEN_EXRESCODE
	rc := lib.Xsqlite3_open_v2(tls, name, result, flags, vfs)
	c.db = *at[uintptr](result)
	conns.Store(c.number, c)
	err := c.check(tls, rc)
	if err == nil {
		err = c.configure(tls)
	}
	if err == nil {
		err = c.Exec(setup + strconv.Itoa(cache))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// configure sets options that no statement can set.
func (c *Conn) configure(tls *libc.TLS) error {
	for op, args := range map[int32]uintptr{
		lib.SQLITE_DBCONFIG_DEFENSIVE: libc.NewVaList(int32(1), uintptr(0)),
		lib.SQLITE_DBCONFIG_LOOKASIDE: libc.NewVaList(uintptr(0), int32(0), int32(0)), // saves 48 KiB
	} {
		rc := lib.Xsqlite3_db_config(tls, c.db, op, args)
		libc.Xfree(tls, args)
		if err := c.check(tls, rc); err != nil {
			return err
		}
	}
	lib.Xsqlite3_progress_handler(tls, c.db, interval, pointerTo(progress), uintptr(c.number))
	return nil
}

// progress is called by SQLite now and then. A result other than 0 interrupts the statement.
func progress(_ *libc.TLS, number uintptr) int32 {
	c, ok := conns.Load(int64(number))
	if !ok {
		return 0
	}
	if stopped := c.(*Conn).stopped; stopped != nil && stopped() {
		return 1
	}
	return 0
}

// Close closes the connection. All its statements must have been finalized. A transaction that has not ended is rolled back.
func (c *Conn) Close() error {
	tls := enter()
	defer leave(tls)
	err := c.check(tls, lib.Xsqlite3_close(tls, c.db))
	if err == nil {
		c.db = 0
		conns.Delete(c.number)
		unregister(c.number)
	}
	return err
}

// StopWhen makes statements end with INTERRUPT when stopped, which is called now and then while one runs, reports true.
func (c *Conn) StopWhen(stopped func() bool) { c.stopped = stopped }

// Exec runs the statements in sql, and discards their rows.
func (c *Conn) Exec(sql string) error {
	tls := enter()
	defer leave(tls)
	text := allocate(tls, sql)
	if text == 0 {
		return failed(tls, lib.SQLITE_NOMEM)
	}
	defer lib.Xsqlite3_free(tls, text)
	return c.check(tls, lib.Xsqlite3_exec(tls, c.db, text, 0, 0, 0))
}

// AutoCommit reports whether there is no transaction that BEGIN or SAVEPOINT has begun.
func (c *Conn) AutoCommit() bool {
	tls := enter()
	defer leave(tls)
	return lib.Xsqlite3_get_autocommit(tls, c.db) != 0
}

// TotalChanges returns the number of rows that were inserted, updated or deleted since Open.
func (c *Conn) TotalChanges() int64 {
	tls := enter()
	defer leave(tls)
	return lib.Xsqlite3_total_changes64(tls, c.db)
}

// Limit is a category of run-time limits.
type Limit int32

// Limits, as SQLite names them without their prefix. Lengths are in bytes.
const (
	LimitLength            Limit = lib.SQLITE_LIMIT_LENGTH
	LimitSQLLength         Limit = lib.SQLITE_LIMIT_SQL_LENGTH
	LimitColumn            Limit = lib.SQLITE_LIMIT_COLUMN
	LimitExprDepth         Limit = lib.SQLITE_LIMIT_EXPR_DEPTH
	LimitCompoundSelect    Limit = lib.SQLITE_LIMIT_COMPOUND_SELECT
	LimitVDBEOp            Limit = lib.SQLITE_LIMIT_VDBE_OP
	LimitFunctionArg       Limit = lib.SQLITE_LIMIT_FUNCTION_ARG
	LimitAttached          Limit = lib.SQLITE_LIMIT_ATTACHED
	LimitLikePatternLength Limit = lib.SQLITE_LIMIT_LIKE_PATTERN_LENGTH
	LimitVariableNumber    Limit = lib.SQLITE_LIMIT_VARIABLE_NUMBER
	LimitTriggerDepth      Limit = lib.SQLITE_LIMIT_TRIGGER_DEPTH
)

// SetLimit sets a run-time limit of the connection.
func (c *Conn) SetLimit(limit Limit, value int) {
	tls := enter()
	defer leave(tls)
	lib.Xsqlite3_limit(tls, c.db, int32(limit), int32(value))
}
