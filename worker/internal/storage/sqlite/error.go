package sqlite

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Code is a result code of SQLite. Extended codes have the primary code in their low byte.
type Code int32

// Result codes, as SQLite names them without their prefix.
const (
	AUTH   Code = lib.SQLITE_AUTH
	FULL   Code = lib.SQLITE_FULL
	TOOBIG Code = lib.SQLITE_TOOBIG
)

// Error is a failure that SQLite has reported.
type Error struct {
	Code    Code   // the extended result code
	Message string // SQLite's text
	Offset  int    // where in the statement the error is, in bytes; -1 if it is not about a place
}

// Error returns SQLite's text.
func (e *Error) Error() string { return e.Message }

// Primary returns the primary result code.
func (c Code) Primary() Code { return c & 0xff }

// failed returns an error for a result code without a connection.
func failed(tls *libc.TLS, rc int32) error {
	return &Error{Code: Code(rc), Message: textAt(lib.Xsqlite3_errstr(tls, rc)), Offset: -1}
}

// check returns an error for a result code, nil for success.
func (c *Conn) check(tls *libc.TLS, rc int32) error {
	switch rc {
	case lib.SQLITE_OK, lib.SQLITE_ROW, lib.SQLITE_DONE:
		return nil
	}
	if c.db == 0 || rc == lib.SQLITE_NOMEM {
		return failed(tls, rc)
	}
	return &Error{
		Code:    Code(lib.Xsqlite3_extended_errcode(tls, c.db)),
		Message: textAt(lib.Xsqlite3_errmsg(tls, c.db)),
		Offset:  int(lib.Xsqlite3_error_offset(tls, c.db)),
	}
}

// Name returns the name of the code as SQLite has it, "" for an extended code without a table entry.
func (c Code) Name() string { return names[c] }

var names = map[Code]string{
	lib.SQLITE_ERROR: "SQLITE_ERROR", lib.SQLITE_INTERNAL: "SQLITE_INTERNAL", lib.SQLITE_PERM: "SQLITE_PERM",
	lib.SQLITE_ABORT: "SQLITE_ABORT", lib.SQLITE_BUSY: "SQLITE_BUSY", lib.SQLITE_LOCKED: "SQLITE_LOCKED",
	lib.SQLITE_NOMEM: "SQLITE_NOMEM", lib.SQLITE_READONLY: "SQLITE_READONLY", lib.SQLITE_INTERRUPT: "SQLITE_INTERRUPT",
	lib.SQLITE_IOERR: "SQLITE_IOERR", lib.SQLITE_CORRUPT: "SQLITE_CORRUPT", lib.SQLITE_NOTFOUND: "SQLITE_NOTFOUND",
	lib.SQLITE_FULL: "SQLITE_FULL", lib.SQLITE_CANTOPEN: "SQLITE_CANTOPEN", lib.SQLITE_PROTOCOL: "SQLITE_PROTOCOL",
	lib.SQLITE_EMPTY: "SQLITE_EMPTY", lib.SQLITE_SCHEMA: "SQLITE_SCHEMA", lib.SQLITE_TOOBIG: "SQLITE_TOOBIG",
	lib.SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT", lib.SQLITE_MISMATCH: "SQLITE_MISMATCH", lib.SQLITE_MISUSE: "SQLITE_MISUSE",
	lib.SQLITE_NOLFS: "SQLITE_NOLFS", lib.SQLITE_AUTH: "SQLITE_AUTH", lib.SQLITE_FORMAT: "SQLITE_FORMAT",
	lib.SQLITE_RANGE: "SQLITE_RANGE", lib.SQLITE_NOTADB: "SQLITE_NOTADB",

	lib.SQLITE_CONSTRAINT_CHECK:      "SQLITE_CONSTRAINT_CHECK",
	lib.SQLITE_CONSTRAINT_COMMITHOOK: "SQLITE_CONSTRAINT_COMMITHOOK",
	lib.SQLITE_CONSTRAINT_DATATYPE:   "SQLITE_CONSTRAINT_DATATYPE",
	lib.SQLITE_CONSTRAINT_FOREIGNKEY: "SQLITE_CONSTRAINT_FOREIGNKEY",
	lib.SQLITE_CONSTRAINT_FUNCTION:   "SQLITE_CONSTRAINT_FUNCTION",
	lib.SQLITE_CONSTRAINT_NOTNULL:    "SQLITE_CONSTRAINT_NOTNULL",
	lib.SQLITE_CONSTRAINT_PINNED:     "SQLITE_CONSTRAINT_PINNED",
	lib.SQLITE_CONSTRAINT_PRIMARYKEY: "SQLITE_CONSTRAINT_PRIMARYKEY",
	lib.SQLITE_CONSTRAINT_ROWID:      "SQLITE_CONSTRAINT_ROWID",
	lib.SQLITE_CONSTRAINT_TRIGGER:    "SQLITE_CONSTRAINT_TRIGGER",
	lib.SQLITE_CONSTRAINT_UNIQUE:     "SQLITE_CONSTRAINT_UNIQUE",
	lib.SQLITE_CONSTRAINT_VTAB:       "SQLITE_CONSTRAINT_VTAB",
}
