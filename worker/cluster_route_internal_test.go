package worker

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker/internal/script"
)

// sharedTest runs a test with an application on a node of a cluster, and an object of it.
func sharedTest(t *testing.T, test func(t *testing.T, c *memcluster.Cluster, a *App, ref script.ObjectRef)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.js")
		if err := os.WriteFile(path, []byte(relayScript), 0o600); err != nil {
			t.Fatal(err)
		}
		cluster := memcluster.New()
		node := cluster.Join("a")
		a, err := load(path, Options{
			Workers: 1, Bindings: Bindings{Objects: []ObjectNamespace{{Name: "ROOM", Class: "Room"}}}, Vars: map[string]any{"NODE": "a"},
			Server: linger.Options{Cluster: node}, Shared: &Shared{Store: node.Store(), Log: node.Store(), Durability: Sync},
			Logger: slog.New(slog.DiscardHandler),
		}, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		key, err := a.classKey("Room")
		if err != nil {
			t.Fatal(err)
		}
		id, err := objectID(key, script.NamedID, "one")
		if err != nil {
			t.Fatal(err)
		}
		test(t, cluster, a, script.ObjectRef{Class: "Room", ID: id})
		cut, cancel := context.WithCancel(context.Background())
		cancel()
		_ = a.Shutdown(cut)
		node.Leave()
		time.Sleep(10 * time.Minute) // fake time, in which the last goroutines end
	})
}

// No event of an object begins before the storage of the object was restored, although this node has its lease already.
func TestClusterObjectNotRestored(t *testing.T) {
	sharedTest(t, func(t *testing.T, _ *memcluster.Cluster, a *App, ref script.ObjectRef) {
		if _, err := a.cluster.leases.Take(t.Context(), leaseKey(ref)); err != nil {
			t.Fatal(err)
		}
		o := a.objects.use(ref)
		defer o.done()
		e := newEvent("fetch", nil)
		e.internal, e.method, e.request = true, http.MethodGet, t.Context()
		ended := make(chan struct{})
		e.onEnd = func() { close(ended) }
		e.input = o.request(&script.Request{Method: http.MethodGet, URL: "http://room/?plain", Header: script.Header{Internal: true}})
		o.submit(e)
		<-ended
		if outcome, _ := e.objectOutcome(); outcome.Failure != objectTakenOver {
			t.Errorf("an event that comes before the storage of its object fails with %q; got %q", objectTakenOver, outcome.Failure)
		}
	})
}

// An object that this node has lost is placed again only when nothing of it is left here, so that the storage that is restored then stays.
func TestClusterObjectPlacedAgain(t *testing.T) {
	sharedTest(t, func(t *testing.T, _ *memcluster.Cluster, a *App, ref script.ObjectRef) {
		if node, err := a.cluster.place(t.Context(), ref); node != "a" || err != nil {
			t.Fatalf("the object is placed on a; got %q, %v", node, err)
		}
		r := a.cluster.use(ref)
		defer a.cluster.done(r)
		r.mu.Lock()
		lost := r.loseLocked()
		r.mu.Unlock()
		placed := make(chan string, 1)
		go func() {
			node, _ := a.cluster.place(t.Context(), ref)
			placed <- node
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(placed) > 0 {
			t.Error("the object waits until what this node has of it was dropped; it was placed before")
		}
		r.dropLost(lost, ref)
		if node := <-placed; node != "a" || a.replicas.of(ref) == nil {
			t.Errorf("the object is placed on a, with its storage; got %q, storage %v", node, a.replicas.of(ref))
		}
	})
}

// A call of another node that is refused leaves nothing behind.
func TestClusterCallRefused(t *testing.T) {
	sharedTest(t, func(t *testing.T, _ *memcluster.Cluster, a *App, ref script.ObjectRef) {
		body := recordBody{stream: 3, length: -1} // two bodies cannot be the same stream
		a.cluster.session("b").handle(&objectRecord{kind: recordCall, number: 1, object: ref, path: []string{"f"}, value: recordValue{bodies: []recordBody{body, body}}})
		r := a.cluster.use(ref)
		defer a.cluster.done(r)
		a.cluster.mu.Lock()
		defer a.cluster.mu.Unlock()
		if r.uses != 1 {
			t.Errorf("only the test uses the object; got %d uses", r.uses)
		}
	})
}

// What waits for an object without an owner fails when the application ends.
func TestClusterObjectUnplacedAtEnd(t *testing.T) {
	sharedTest(t, func(t *testing.T, c *memcluster.Cluster, a *App, ref script.ObjectRef) {
		c.CutStore("a", true)
		to := a.cluster.receiver(ref)
		e := newEvent("rpc", nil)
		ended := make(chan struct{})
		e.onEnd = func() {
			to.done()
			close(ended)
		}
		if failure := to.send(e, nil, nil); failure != "" {
			t.Fatal(failure)
		}
		time.Sleep(time.Second)
		if err := a.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-ended:
		case <-time.After(time.Hour):
			t.Error("an event that waits for its object ends with the application")
		}
		d := a.cluster.receiver(ref)
		defer d.done()
		if failure := d.send(newEvent("rpc", nil), nil, nil); failure != objectUnplaced {
			t.Errorf("a later event fails with %q; got %q", objectUnplaced, failure)
		}
	})
}
