package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// dataFolder is the data directory of an application that stores something. One process at a time has it open: at a hand-over the old
// process closes it, and then the new one opens it.
type dataFolder struct {
	mu      sync.RWMutex  // held for reading while opened is used
	opened  *openedData   // nil unless the directory is open
	refusal error         // why it will not be opened; nil while it may be
	changed chan struct{} // closed when opened or refusal changes
}

// openedData is what an open data directory has.
type openedData struct {
	store      *storage.Store
	classes    classes                 // the classes of objects
	namespaces map[string]*storage.KV  // the KV namespaces, by their IDs
	databases  map[string]*storage.SQL // the D1 databases, by their IDs
}

// dataWait bounds the time for which a call of a script waits until a hand-over has opened the data directory, or has failed.
const dataWait = 10 * time.Second

// The exceptions of scripts that use the storage while this process does not have it.
var (
	errDataLoading = &script.Throw{Name: "Error", Message: "The storage cannot be used while the application is loaded: another process has it until the hand-over. Use it in the handlers of events."}
	errDataLate    = &script.Throw{Name: "Error", Message: fmt.Sprintf("The storage is with another process, and the hand-over has not completed within %s: try again.", dataWait)}
	errDataMoved   = &script.Throw{Name: "Error", Message: "The storage has moved to the new process of an upgrade, and this event was still in progress in the old one: send the request again."}
)

func newDataFolder() dataFolder { return dataFolder{changed: make(chan struct{})} }

// acquire returns what the data directory has, which the caller must not use after release. If the directory is not open, acquire waits for
// that if patient is set, dataWait at most. The error is a *[script.Throw], and then release must not be called.
func (f *dataFolder) acquire(patient bool) (*openedData, error) {
	var late <-chan time.Time
	for {
		f.mu.RLock()
		if f.opened != nil {
			return f.opened, nil
		}
		refusal, changed := f.refusal, f.changed
		f.mu.RUnlock()
		switch {
		case refusal != nil:
			return nil, refusal
		case !patient:
			return nil, errDataLoading
		case late == nil:
			late = time.After(dataWait)
		}
		select {
		case <-changed:
		case <-late:
			return nil, errDataLate
		}
	}
}

// isOpen reports whether the data directory is open.
func (f *dataFolder) isOpen() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.opened != nil
}

func (f *dataFolder) release() { f.mu.RUnlock() }

// set sets what the data directory has, or that it is not open.
func (f *dataFolder) set(opened *openedData, refusal error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.refusal = opened, refusal
	close(f.changed)
	f.changed = make(chan struct{})
}

// take makes acquire wait, and returns what the data directory has for the caller to close it, once all uses have ended. If that takes until the end of
// ctx, nothing has changed, and the error is that of ctx.
func (f *dataFolder) take(ctx context.Context) (*openedData, error) {
	for !f.mu.TryLock() { // Lock would make the next uses wait, also if it is given up
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	defer f.mu.Unlock()
	opened := f.opened
	f.opened = nil
	return opened, nil
}

// classKey returns the key of a class, by which IDs are made. The error is that of acquire: before the data directory was opened for the first time, the key
// of a class is only known if none was renamed.
func (a *App) classKey(class string) (string, error) {
	if known := a.classes.Load(); known != nil {
		return known.key(class), nil
	}
	if !slices.ContainsFunc(a.opts.Migrations, func(m Migration) bool { return len(m.Renamed) > 0 }) {
		return class, nil
	}
	data, err := a.data.acquire(a.isLoaded())
	if err != nil {
		return "", err
	}
	defer a.data.release()
	return data.classes.key(class), nil
}

// isLoaded reports whether the application has been loaded, so that calls may wait for its data directory.
func (a *App) isLoaded() bool { return a.generation.Load() != nil }

// stored reports whether a binding needs a data directory.
func (b *Bindings) stored() bool { return len(b.Objects) > 0 || len(b.KV) > 0 || len(b.D1) > 0 }

// openData opens the data directory of an application that stores something. Without Options.Data it is a temporary one, which closeData
// removes.
func (a *App) openData() error {
	if !a.stores {
		return nil
	}
	dir := a.opts.Data
	if dir == "" {
		temporary, err := os.MkdirTemp("", "linger-data-")
		if err != nil {
			return err
		}
		dir, a.temporary = temporary, temporary
	}
	opened, err := a.openStore(dir)
	if err != nil {
		return errors.Join(err, a.removeTemporary())
	}
	a.setData(opened)
	return nil
}

// setData makes an open data directory that of the application.
func (a *App) setData(opened *openedData) {
	a.classes.Store(&opened.classes)
	a.data.set(opened, nil)
}

// openStore opens a data directory with everything in it.
func (a *App) openStore(dir string) (*openedData, error) {
	if err := ignoreInGit(dir); err != nil {
		return nil, err
	}
	store, err := storage.Open(dir, storage.Options{AlarmsChanged: a.alarms.check})
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be opened: %w", dir, err)
	}
	opened := &openedData{store: store}
	if err = a.migrate(opened); err == nil {
		err = a.openNamespaces(opened)
	}
	if err == nil {
		err = a.openDatabases(opened)
	}
	if err != nil {
		a.closeStore(store)
		return nil, err
	}
	return opened, nil
}

// ignoreInGit makes a data directory that does not exist, with a file that keeps it out of a repository of git.
func ignoreInGit(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600)
}

// closeData closes the data directory if it is open, after all workers have ended.
func (a *App) closeData() {
	opened, _ := a.data.take(context.Background()) // ends with the uses
	if opened != nil {
		a.closeStore(opened.store)
	}
	if err := a.removeTemporary(); err != nil {
		a.opts.Logger.Warn("the temporary data directory was not removed", "error", err)
	}
}

// closeStore closes the files of a data directory.
func (a *App) closeStore(store *storage.Store) { a.reportClose(store.Close()) }

// reportClose logs the error of closing the files.
func (a *App) reportClose(err error) {
	if err != nil && !errors.Is(err, storage.ErrClosed) {
		a.opts.Logger.Error("the data directory was not closed: what was acknowledged is in its log, and is recovered at the next start", "error", err)
	}
}

func (a *App) removeTemporary() error {
	if a.temporary == "" {
		return nil
	}
	return os.RemoveAll(a.temporary)
}
