package sqlite

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Action is what a statement does to something, as SQLite's authorizer reports it.
type Action int32

// Actions, as SQLite names them without their prefix.
const (
	CreateIndex       Action = lib.SQLITE_CREATE_INDEX
	CreateTable       Action = lib.SQLITE_CREATE_TABLE
	CreateTempIndex   Action = lib.SQLITE_CREATE_TEMP_INDEX
	CreateTempTable   Action = lib.SQLITE_CREATE_TEMP_TABLE
	CreateTempTrigger Action = lib.SQLITE_CREATE_TEMP_TRIGGER
	CreateTempView    Action = lib.SQLITE_CREATE_TEMP_VIEW
	CreateTrigger     Action = lib.SQLITE_CREATE_TRIGGER
	CreateView        Action = lib.SQLITE_CREATE_VIEW
	Delete            Action = lib.SQLITE_DELETE
	DropIndex         Action = lib.SQLITE_DROP_INDEX
	DropTable         Action = lib.SQLITE_DROP_TABLE
	DropTempIndex     Action = lib.SQLITE_DROP_TEMP_INDEX
	DropTempTable     Action = lib.SQLITE_DROP_TEMP_TABLE
	DropTempTrigger   Action = lib.SQLITE_DROP_TEMP_TRIGGER
	DropTempView      Action = lib.SQLITE_DROP_TEMP_VIEW
	DropTrigger       Action = lib.SQLITE_DROP_TRIGGER
	DropView          Action = lib.SQLITE_DROP_VIEW
	Insert            Action = lib.SQLITE_INSERT
	Pragma            Action = lib.SQLITE_PRAGMA
	Read              Action = lib.SQLITE_READ
	Select            Action = lib.SQLITE_SELECT
	Transaction       Action = lib.SQLITE_TRANSACTION
	Update            Action = lib.SQLITE_UPDATE
	Attach            Action = lib.SQLITE_ATTACH
	Detach            Action = lib.SQLITE_DETACH
	AlterTable        Action = lib.SQLITE_ALTER_TABLE
	Reindex           Action = lib.SQLITE_REINDEX
	Analyze           Action = lib.SQLITE_ANALYZE
	CreateVTable      Action = lib.SQLITE_CREATE_VTABLE
	DropVTable        Action = lib.SQLITE_DROP_VTABLE
	Function          Action = lib.SQLITE_FUNCTION
	Savepoint         Action = lib.SQLITE_SAVEPOINT
	Recursive         Action = lib.SQLITE_RECURSIVE
)

// Access is one thing that a statement does. What First and Second are depends on the action.
type Access struct {
	Action        Action
	First, Second string
	Schema        string // "main" or "temp"
}

// Authorize makes SQLite call allow for each thing that a statement does while it is prepared; nil ends that. If allow reports
// false, preparing the statement fails with AUTH.
func (c *Conn) Authorize(allow func(Access) bool) {
	tls := enter()
	defer leave(tls)
	c.authorize = allow
	callback := uintptr(0)
	if allow != nil {
		callback = pointerTo(authorize)
	}
	lib.Xsqlite3_set_authorizer(tls, c.db, callback, uintptr(c.number))
}

func authorize(_ *libc.TLS, number uintptr, action int32, first, second, schema, _ uintptr) int32 {
	c, ok := conns.Load(int64(number))
	if ok && c.(*Conn).authorize(Access{Action(action), textAt(first), textAt(second), textAt(schema)}) {
		return lib.SQLITE_OK
	}
	return lib.SQLITE_DENY
}
