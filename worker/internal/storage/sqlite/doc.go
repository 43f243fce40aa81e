// Package sqlite is a thin binding of SQLite, translated to Go (modernc.org/sqlite/lib). The file of a database is a [File]
// of the caller: SQLite itself opens no files, takes no locks and never syncs. It is the only package that may import SQLite.
//
// A database has one connection. Journals and temporary tables are in memory, so what a transaction has written to the File
// before its end is only meaningful as a whole: the caller collects the writes until [Conn.Exec] has run COMMIT.
//
// # Ownership
//
// A Conn and its Stmts may be used by one goroutine at a time; they are not tied to an OS thread. No memory of SQLite leaves the package: texts and blobs are copied.
package sqlite
