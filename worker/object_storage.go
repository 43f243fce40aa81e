package worker

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// openStore opens the data directory of an application that stores something. Without Options.Data it is a temporary one, which remove
// removes.
func (a *App) openStore() error {
	if !a.opts.Bindings.stored() && !a.hasMigrations() {
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
	if err := ignoreInGit(dir); err != nil {
		return err
	}
	store, err := storage.Open(dir, storage.Options{AlarmsChanged: a.alarms.check})
	if err != nil {
		return errors.Join(fmt.Errorf("the data directory %s cannot be opened: %w", dir, err), a.removeTemporary())
	}
	a.store = store
	if err := cmp.Or(a.migrate(), a.openNamespaces(), a.openDatabases()); err != nil {
		a.closeStore()
		return err
	}
	return nil
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

// closeStore closes the data directory, after all workers have ended.
func (a *App) closeStore() {
	if a.store == nil {
		return
	}
	if err := a.store.Close(); err != nil && !errors.Is(err, storage.ErrClosed) {
		a.opts.Logger.Error("the data directory was not closed: what was acknowledged is in its log, and is recovered at the next start", "error", err)
	}
	if err := a.removeTemporary(); err != nil {
		a.opts.Logger.Warn("the temporary data directory was not removed", "error", err)
	}
}

func (a *App) removeTemporary() error {
	if a.temporary == "" {
		return nil
	}
	return os.RemoveAll(a.temporary)
}

// stored reports whether a binding needs a data directory.
func (b *Bindings) stored() bool { return len(b.Objects) > 0 || len(b.KV) > 0 || len(b.D1) > 0 }

// writes has the objects of an instance that have written something in the turn that runs, or within a transaction of several turns.
type writes struct {
	any     bool // there may be some; only the goroutine of the event loop uses it
	objects []*object
}

// useStorage calls use with the storage of an object that the instance has. What use writes is committed at the end of the turn, together
// with the other writes of the turn. Until that is durable, nothing that the object sends later leaves, unless unconfirmed is true.
// The error is that of use, or a *[script.Throw] if the instance does not have the object any more.
func (in *instance) useStorage(number int, unconfirmed bool, use func(*storage.Object) error) error {
	o := in.app.objects.find(number)
	if o == nil {
		return errStale
	}
	stored, err := o.storageIn(in)
	if err != nil {
		return err
	}
	err = use(stored)
	if stored.Writing() {
		in.addWrite(o, !unconfirmed)
	}
	return err
}

// errStale is the exception of a script that uses the storage of an object that another instance has.
var errStale = &script.Throw{Name: "Error", Message: "The Durable Object's code has been updated, this version can no longer access storage."}

// storageIn returns the storage of the object, which an instance must have. When an instance uses it for the first time, what another one has
// written and not committed is lost.
func (o *object) storageIn(in *instance) (*storage.Object, error) {
	if stored := o.openStorage(in); stored != nil {
		return stored, nil
	}
	if !o.isIn(in) {
		return nil, errStale
	}
	stored, err := in.app.store.Object(in.app.classes.key(o.ref.Class), o.ref.ID)
	if err != nil {
		return nil, err
	}
	if err := stored.Close(); err != nil {
		return nil, err
	}
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	if o.home != in { // the instance was given up meanwhile
		return nil, errStale
	}
	stored.Name = o.ref.Name
	o.stored = stored
	return stored, nil
}

// addWrite records that an object has written something. hold closes its output gate.
func (in *instance) addWrite(o *object, hold bool) {
	in.app.objects.mu.Lock()
	defer in.app.objects.mu.Unlock()
	if hold && !o.held {
		o.held = true
		o.gate.hold()
	}
	in.writes.any = true
	if !slices.Contains(in.writes.objects, o) {
		in.writes.objects = append(in.writes.objects, o)
	}
}

// commitWrites commits what objects have written in the turn that has ended. After a fatal error of the turn it is lost.
func (in *instance) commitWrites(fatal error) {
	if !in.writes.any {
		return
	}
	in.writes.any = false
	for _, o := range in.takeWrites() {
		stored := o.openStorage(in)
		switch {
		case fatal != nil:
			o.endWrite(fatal)
		case stored == nil: // the instance is stuck, and has given up the object
			o.endWrite(errStale)
		case stored.InTransaction():
			in.addWrite(o, false)
		default:
			o.commit(stored)
		}
	}
}

// openStorage returns the storage of the object that an instance has used, nil if it does not have the object any more.
func (o *object) openStorage(in *instance) *storage.Object {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	if o.home != in {
		return nil
	}
	return o.stored
}

// takeWrites removes the objects that have written something and returns them.
func (in *instance) takeWrites() []*object {
	in.app.objects.mu.Lock()
	defer in.app.objects.mu.Unlock()
	taken := in.writes.objects
	in.writes.objects = nil
	return taken
}

// commit commits what the object has written. Its output gate opens when that is durable.
func (o *object) commit(stored *storage.Object) {
	held := o.takeHold()
	done := func(err error) {
		if err != nil {
			o.lose(err)
		}
		if held {
			o.gate.release(err)
		}
	}
	if begun, err := stored.Commit(done); !begun {
		done(err)
	}
}

// endWrite ends a write that is not committed, for the reason err.
func (o *object) endWrite(err error) {
	if o.takeHold() {
		o.gate.release(err)
	}
}

// takeHold ends the hold of the writes that were not committed, and reports whether there is one. The caller must release the gate.
func (o *object) takeHold() bool {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	held := o.held
	o.held = false
	return held
}

// lose resets the object, because its writes could not be stored.
func (o *object) lose(err error) {
	o.objects.app.opts.Logger.Error("what a Durable Object has written could not be stored", "class", o.ref.Class, "object", o.ref.ID, "error", err)
	o.objects.mu.Lock()
	home := o.home
	o.objects.mu.Unlock()
	if home != nil {
		home.host.Enqueue(func() error {
			return home.dispatchInTurn(&script.ObjectReset{Object: o.number, Message: objectLost})
		})
	}
}

// releaseStorage gives up the storage of an object that the instance gives up. Writes that are not committed are lost. It has no effect if
// the instance does not have the object any more.
func (in *instance) releaseStorage(o *object) {
	all := in.app.objects
	all.mu.Lock()
	if o.home != in {
		all.mu.Unlock()
		return
	}
	stored := o.stored
	o.stored = nil
	in.writes.objects = slices.DeleteFunc(in.writes.objects, func(written *object) bool { return written == o })
	all.mu.Unlock()
	o.endWrite(errStale)
	if stored != nil {
		if err := stored.Close(); err != nil {
			in.app.opts.Logger.Error("the storage of a Durable Object was not closed", "class", o.ref.Class, "object", o.ref.ID, "error", err)
		}
	}
}
