package worker

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// database is a D1 database. Its batches run one after the other, in the order in which they were sent, on a goroutine that exists while
// there are some.
type database struct {
	mu      sync.Mutex
	waiting []batch
	bytes   int64 // the size of waiting
	running bool
}

// batch is a batch that waits.
type batch struct {
	run  func()
	size int64 // of its statements and parameters in bytes
}

const (
	maxBatches    = 1000             // the limit of the batches of a database that wait
	maxBatchBytes = 64 << 20         // the limit of their size in bytes; a larger batch is accepted if none waits
	batchTime     = 30 * time.Second // the limit of the time of a batch, as on the platform
)

// enqueue queues a batch. It does not block, and returns false if too many wait.
func (d *database) enqueue(b batch) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.waiting); n >= maxBatches || n > 0 && d.bytes+b.size > maxBatchBytes {
		return false
	}
	d.waiting = append(d.waiting, b)
	d.bytes += b.size
	if !d.running {
		d.running = true
		go d.run()
	}
	return true
}

// isRunning reports whether a batch runs or waits.
func (d *database) isRunning() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

// run runs the batches that wait.
func (d *database) run() {
	for {
		d.mu.Lock()
		if len(d.waiting) == 0 {
			d.running, d.waiting = false, nil
			d.mu.Unlock()
			return
		}
		next := d.waiting[0]
		d.waiting = d.waiting[1:]
		d.bytes -= next.size
		d.mu.Unlock()
		next.run()
	}
}

// databaseQueues returns the D1 databases of the bindings, by their IDs.
func (b *Bindings) databaseQueues() map[string]*database {
	queues := map[string]*database{}
	for i := range b.D1 {
		queues[b.D1[i].database()] = &database{}
	}
	return queues
}

// openDatabases opens the D1 databases of the bindings and applies their migrations. Those with the same ID are one.
func (a *App) openDatabases(d *openedData) error {
	d.databases = map[string]*storage.SQL{}
	for i := range a.opts.Bindings.D1 {
		b := &a.opts.Bindings.D1[i]
		id := b.database()
		if d.databases[id] != nil {
			continue
		}
		sql, err := d.store.SQL(id)
		if err != nil {
			return problem("the D1 database " + b.Name + ": " + err.Error())
		}
		d.databases[id] = sql
		if err := a.migrateDatabase(b, sql); err != nil {
			return fmt.Errorf("the D1 database %s: %w", b.Name, err)
		}
	}
	return nil
}

// database returns the ID of the database.
func (b *D1Database) database() string { return cmp.Or(b.ID, b.Name) }

// migrateDatabase applies the files of the folder of migrations that the table of migrations does not have, in the order of their numbers. Each
// is one transaction.
func (a *App) migrateDatabase(b *D1Database, sql *storage.SQL) error {
	files, err := migrationFiles(b.Migrations)
	if err != nil || len(files) == 0 {
		return err
	}
	table := `"` + strings.ReplaceAll(cmp.Or(b.MigrationsTable, "d1_migrations"), `"`, `""`) + `"`
	applied, err := runBatch(sql, storage.Statement{
		SQL: "CREATE TABLE IF NOT EXISTS " + table + " (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
	}, storage.Statement{SQL: "SELECT name FROM " + table})
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Base(file)
		if slices.ContainsFunc(applied[1].Rows, func(row []any) bool { return row[0] == name }) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, err = runBatch(sql, storage.Statement{SQL: string(text)}, storage.Statement{SQL: "INSERT INTO " + table + " (name) VALUES (?)", Parameters: []any{name}})
		if err != nil {
			return fmt.Errorf("the migration %s cannot be applied: %w", file, err)
		}
		a.opts.Logger.Info("migration of a D1 database applied", "database", b.Name, "file", name)
	}
	return nil
}

// migrationFiles returns the files of a folder that end in .sql, in the order of the numbers with which they begin. A folder that does not
// exist has none.
func migrationFiles(folder string) ([]string, error) {
	if folder == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.sql"))
	slices.SortStableFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), strings.Compare(a, b))
	})
	return files, err
}

// escapeGlob returns a path as a pattern that matches only it.
func escapeGlob(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// numberOf returns the number with which the name of a file begins.
func numberOf(file string) int {
	name := filepath.Base(file)
	digits := len(name) - len(strings.TrimLeft(name, "0123456789"))
	n, _ := strconv.Atoi(name[:digits]) // 0 for a name without one
	return n
}

// runBatch runs statements and waits until they are durable.
func runBatch(sql *storage.SQL, statements ...storage.Statement) ([]storage.Result, error) {
	done := make(chan error, 1)
	results, err := sql.Batch(statements, batchTime, func(err error) { done <- err })
	if err != nil {
		return nil, err
	}
	return results, <-done
}

// D1Batch implements [script.D1Requests].
func (h *hostAPI) D1Batch(number, from int, id string, statements []script.D1Statement) error {
	d := h.app.databases[id]
	list := make([]storage.Statement, len(statements))
	size := int64(0)
	for i, s := range statements {
		list[i] = storage.Statement(s)
		size += sizeOfStatement(&list[i])
	}
	h.batches++
	settle := func(done *script.D1Done) {
		h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
			h.batches--
			return h.caller.dispatchInTurn(done)
		}})
	}
	h.pass(from, func(err error) {
		switch {
		case err != nil:
			settle(&script.D1Done{Number: number, Failure: objectLost})
		case !d.enqueue(batch{run: func() { h.app.runD1(id, number, list, settle) }, size: size}):
			settle(&script.D1Done{Number: number, Failure: "D1 DB is overloaded. Too many requests queued."})
		}
	})
	return nil
}

// sizeOfStatement returns the size of a statement and its parameters in bytes.
func sizeOfStatement(s *storage.Statement) int64 {
	size := len(s.SQL)
	for _, p := range s.Parameters {
		switch p := p.(type) {
		case string:
			size += len(p)
		case []byte:
			size += len(p)
		}
	}
	return int64(size)
}

// runD1 runs a batch and passes its answer to settle when it is durable.
func (a *App) runD1(id string, number int, statements []storage.Statement, settle func(*script.D1Done)) {
	answer := &script.D1Done{Number: number}
	durable := make(chan error, 1)
	results, err := a.runD1Batch(id, statements, answer, func(err error) { durable <- err })
	if err != nil {
		a.failD1(answer, err)
		settle(answer)
		return
	}
	for _, r := range results {
		answer.Results = append(answer.Results, script.D1Result(r))
	}
	go func() { // the next batch need not wait
		if err := <-durable; err != nil {
			a.failD1(answer, err)
		}
		settle(answer)
	}()
}

// runD1Batch runs a batch, and sets the size of the database in its answer. done is called when the batch is durable.
func (a *App) runD1Batch(id string, statements []storage.Statement, answer *script.D1Done, done func(error)) ([]storage.Result, error) {
	data, err := a.data.acquire(a.isLoaded())
	if err != nil {
		return nil, err
	}
	defer a.data.release()
	sql := data.databases[id]
	results, err := sql.Batch(statements, batchTime, done)
	if err == nil {
		answer.Size, err = sql.Size()
	}
	return results, err
}

// failD1 sets the failure of an answer. Errors of statements are for the script; others are logged.
func (a *App) failD1(answer *script.D1Done, err error) {
	answer.Results = nil
	moved, isThrow := errors.AsType[*script.Throw](err)
	failed, isStatement := errors.AsType[*storage.StatementError](err)
	switch {
	case isThrow:
		answer.Failure = moved.Message
	case isStatement && errors.Is(err, storage.ErrNoStatement):
		answer.Failure, answer.Failed = "No SQL statements detected.", failed.Index
	case isStatement:
		answer.Failure, answer.Failed = failed.Cause.Error(), failed.Index
	default:
		a.opts.Logger.Error("D1 database cannot be used", "error", err)
		answer.Failure = "the database is not available: its storage has failed"
	}
}
