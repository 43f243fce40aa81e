// Package storage is the storage of objects: each has a SQLite database in a file of its own, and all share one log, so that the
// transactions of many objects become durable with one sync. It also has an index of the alarms of all objects.
//
// # The data directory
//
//	objects/<class>/<id>.sqlite   the databases of the objects; names are encoded as in URLs
//	kv/<id>.sqlite                the databases of KV namespaces
//	system.sqlite                 the index of alarms, and entries
//	log/<number>.log              the log, in segments
//	log/left                      the note of Leave
//	lock                          locked by the process that uses the directory
//
// After Close there is no log, and the databases are ordinary files of SQLite.
//
// # How a transaction becomes durable
//
// SQLite works on a [file] of this package, which keeps what is written in memory. Journals are in memory too, so SQLite opens no
// other file, and never syncs. The transaction of a turn begins with its first write. Commit ends it, takes the pages that it has
// written as a [change], and queues that for the committer, a goroutine, which takes all that is queued as a batch and
//
//  1. appends the batch to the log, and syncs the log;
//  2. writes the pages to the files of the databases, without syncing them;
//  3. calls the functions that were given to Commit.
//
// While a sync is in progress, the next batch gathers. Another goroutine removes the oldest segment of the log when there are too
// many, after it has synced the files with changes in it. Usually a file has changes in all segments, and is synced once for all.
//
// A write-ahead log of SQLite for each object, whose frames are copied to a shared log, would do the same with more: two files
// instead of one for each open object, an index of 32 KiB in memory, every page written once more, and checkpoints in the turns of
// the objects.
//
// # Hand-over
//
// Close makes all files durable, which takes about a millisecond for each of those that have changed. Leave, for a process on the same machine that waits for the
// directory, leaves that to the next process: it closes the log as it is, with a note. Open finds the note, removes it, and continues with the segments of the log as
// if it had written them. If the machine has been started again since, the note does not hold, and Open recovers.
//
// # Loss of power
//
// A batch has a checksum, and is applied as a whole or not at all. Open applies all batches in the log, in order, to the files,
// syncs them, and removes the log. It writes the last version of each page only. Applying a batch again has no effect, because
// pages are absolute. What is left of each step:
//
//   - before the log is synced: the batch may be missing or incomplete. It is the last one, and is not applied. Its transactions
//     were not acknowledged, and the files do not have their pages, which are written after the sync only.
//   - while pages are written to files: pages may be missing, incomplete, or written for some transactions and not for others. All
//     of them are in the log.
//   - while files are synced and a segment is removed: the segment is there, or everything in it is durable. Segments are removed
//     in order, and the removal of each is synced before the next. If numbers are missing, the segments before the gap were being removed.
//   - while a segment is created: it is empty, or has no complete header.
//   - while Open recovers: the log is still there, and is applied again.
//
// The end of the process, by SIGKILL for instance, is the same with less: all that was written is there.
//
// A batch that is damaged and not the last one is a [DamageError]: what was durable has been lost.
//
// # Failures
//
// If a batch cannot be written to the log because the disk is full, the log is truncated to what it was before, and the
// transactions of the batch have failed. Their objects have seen what is not stored: every later call returns the error, until the
// object is closed, and begins again with what is durable. If a sync fails, it is not known what is durable: no more
// transactions are written until the process starts again.
//
// If a page cannot be written to the file of a database, it is in the log: it stays in memory, the segments remain, and
// it is tried again with the next batch. Beyond a bound, commits fail.
//
// # Alarms
//
// The alarm of an object is in its own database, so that transactions include it. A commit that changes it also changes the index
// in system.sqlite, in the same batch. So an alarm is in both or in neither, and is found after a restart without opening
// the files of all objects.
//
// # Logs of a cluster
//
// A [Replica] is the database of an object for its log in a cluster (package internal/replica). After [Object.ShipTo] the committer passes each change of the
// object to the log when it is durable here, and the log ends the commit. system.sqlite has the position of the database in its log, which changes
// in the same batch as the database. Restored pages are written through the log of this package like others.
//
// # Bounds
//
// Options bounds the databases and files that are open, the page cache of each, the size of a transaction, and the log; see there for
// the defaults. maxQueued bounds the transactions that wait for the disk. The bounds of statements are those of the
// platform (limits in guard.go).
package storage
