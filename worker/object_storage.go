package worker

import (
	"slices"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// writes has the objects of an instance that have written something in the turn that runs, or within a transaction of several turns.
type writes struct {
	any     bool // there may be some; only the goroutine of the event loop uses it
	objects []*object
}

// useStorage calls use with the storage of an object that the instance has. What use writes is committed at the end of the turn, together
// with the other writes of the turn. Until that is durable, nothing that the object sends later leaves, unless unconfirmed is true.
// The error is that of use, or a *[script.Throw] if the instance does not have the object any more, or this process not the storage.
func (in *instance) useStorage(number int, unconfirmed bool, use func(*storage.Object) error) error {
	o := in.app.objects.find(number)
	if o == nil {
		return errStale
	}
	data, err := in.app.data.acquire(in.app.isLoaded())
	if err != nil {
		return err
	}
	defer in.app.data.release()
	stored, err := o.storageIn(in, data)
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
func (o *object) storageIn(in *instance, data *openedData) (*storage.Object, error) {
	if stored := o.openStorage(in); stored != nil {
		return stored, nil
	}
	if !o.isIn(in) {
		return nil, errStale
	}
	stored, err := data.store.Object(data.classes.key(o.ref.Class), o.ref.ID)
	if err != nil {
		return nil, err
	}
	if err := stored.Close(); err != nil {
		return nil, err
	}
	if err := o.objects.app.replicas.connect(o.ref, stored); err != nil {
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
		if err != nil && !isTakenOver(err) {
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
