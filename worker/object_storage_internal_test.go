package worker

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// An instance may give up an object more than once: for each event that ends after a reload, and when the script reports an eviction late.
func TestInstanceLeaveObject(t *testing.T) {
	in := benchInstance(t, `console.log();`)
	next, err := newInstance(in.worker, in.generation)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.discard)
	store, err := storage.Open(t.TempDir(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in.app.store = store
	defer func() {
		in.app.store = nil // the App, which has not opened it, does not close it
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	o := in.app.objects.use(script.ObjectRef{Class: "Room", ID: "one"})
	defer o.done()
	write := func(in *instance, key string) {
		t.Helper()
		if err := in.useStorage(o.number, false, func(stored *storage.Object) error {
			return stored.Put(storage.Pair{Key: key, Value: []byte("x")})
		}); err != nil {
			t.Fatalf("the instance that has the object writes; got %v", err)
		}
	}
	enter := func(in *instance) {
		t.Helper()
		if got := o.enter(in, newEvent("fetch", nil)); got != entered {
			t.Fatalf("the instance enters the object; got %d", got)
		}
	}
	enter(in)
	write(in, "first")
	in.commitWrites(nil)
	in.leaveObject(o)
	enter(next)
	write(next, "second")
	in.leaveObject(o)
	next.commitWrites(nil)
	for _, key := range []string{"first", "second"} {
		if err := next.useStorage(o.number, false, func(stored *storage.Object) error {
			value, err := stored.Get(key)
			if string(value) != "x" {
				t.Errorf("the value of %q is stored; got %q, %v", key, value, err)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	written := make(chan error, 1)
	o.gate.pass(func(err error) { written <- err })
	if err := <-written; err != nil {
		t.Errorf("what the object has written is durable; got %v", err)
	}
	next.leaveObject(o)
}
