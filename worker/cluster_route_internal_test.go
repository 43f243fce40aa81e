package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker/internal/script"
)

// sharedTest runs a test with an application on a node of a cluster, and an object of it.
func sharedTest(t *testing.T, test func(t *testing.T, c *memcluster.Cluster, a *App, ref script.ObjectRef)) {
	t.Helper()
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		if err := n.load(false); err != nil {
			t.Fatal(err)
		}
		test(t, n.cluster, n.app, n.object("one"))
	})
}

// sharedNode is a node of a cluster, and the options of an application on it.
type sharedNode struct {
	t       *testing.T
	cluster *memcluster.Cluster
	node    *memcluster.Node
	path    string
	opts    Options
	app     *App // nil before load
}

// sharedNodeTest runs a test with a node of a cluster, and ends its application.
func sharedNodeTest(t *testing.T, test func(t *testing.T, n *sharedNode)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &sharedNode{t: t, cluster: memcluster.New(), path: filepath.Join(t.TempDir(), "app.js")}
		if err := os.WriteFile(n.path, []byte(relayScript), 0o600); err != nil {
			t.Fatal(err)
		}
		n.node = n.cluster.Join("a")
		n.opts = Options{
			Workers: 1, Bindings: Bindings{Objects: []ObjectNamespace{{Name: "ROOM", Class: "Room"}}}, Vars: map[string]any{"NODE": "a"},
			Server: linger.Options{Cluster: n.node}, Shared: &Shared{Store: n.node.Store(), Log: n.node.Store(), Durability: Sync},
			Logger: slog.New(slog.DiscardHandler),
		}
		test(t, n)
		if n.app != nil {
			cut, cancel := context.WithCancel(context.Background())
			cancel()
			_ = n.app.Shutdown(cut)
		}
		n.node.Leave()
		time.Sleep(10 * time.Minute) // fake time, in which the last goroutines end
	})
}

// load loads the application. received means that it is that of a new process in a hand-over.
func (n *sharedNode) load(received bool) error {
	a, err := load(n.path, n.opts, nil, received)
	if err == nil {
		n.app = a
	}
	return err
}

// object returns the object with a name.
func (n *sharedNode) object(name string) script.ObjectRef {
	n.t.Helper()
	key, err := n.app.classKey("Room")
	if err != nil {
		n.t.Fatal(err)
	}
	id, err := objectID(key, script.NamedID, name)
	if err != nil {
		n.t.Fatal(err)
	}
	return script.ObjectRef{Class: "Room", ID: id}
}

// takeName makes another process renew a lease with the name of the node, until stop is called.
func (n *sharedNode) takeName() (stop func()) {
	n.t.Helper()
	other := n.cluster.Join("other")
	m := lease.New(lease.Options{Store: other.Store(), Node: "a", TTL: n.opts.Shared.Lease, Nodes: other.Nodes, Logger: n.opts.Logger})
	if err := m.Start(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
	return func() {
		_ = m.Close(context.Background())
		other.Leave()
	}
}

// An application that does not load, because another process has the name of its node, leaves nothing behind: the test ends when all goroutines have ended.
func TestClusterNameTaken(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.opts.Shared.Lease = time.Second // so the name is found to be taken before the application goes on without the lease
		defer n.takeName()()
		if err := n.load(false); !errors.Is(err, lease.ErrNameTaken) {
			t.Errorf("the application loads with error %v, expected ErrNameTaken", err)
		}
	})
}

// Events of objects fail in the new process of a hand-over that cannot have the lease, those that wait too.
func TestClusterNameTakenInHandover(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.opts.Shared.Lease, n.opts.Data = time.Second, t.TempDir()
		defer n.takeName()()
		if err := n.load(true); err != nil {
			t.Fatal(err)
		}
		if err := n.app.takeData(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.app.started()
		send := func(when string) {
			t.Helper()
			e := newEvent("rpc", nil)
			ended := make(chan struct{})
			e.onEnd = func() { close(ended) }
			d := &delivery{route: n.app.cluster.use(n.object("one"))}
			defer d.done()
			if failure := d.send(e, nil, nil); failure == objectUnplaced {
				return
			} else if failure != "" {
				t.Fatalf("an event %s fails with %q, expected %q", when, failure, objectUnplaced)
			}
			select {
			case <-ended:
				if e.outcome == nil || e.outcome.Failure != objectUnplaced {
					t.Errorf("an event %s fails with %q; got %v", when, objectUnplaced, e.outcome)
				}
			case <-time.After(10 * time.Minute):
				t.Errorf("an event %s waits without an end", when)
			}
		}
		send("before the name is found to be taken")
		send("after it")
	})
}

// The new process of a hand-over that ends before it has taken over begins nothing after that.
func TestClusterStartAfterEnd(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.opts.Data = t.TempDir()
		if err := n.load(true); err != nil {
			t.Fatal(err)
		}
		n.app.endCluster()
		if err := n.app.cluster.start(); !errors.Is(err, ErrStopped) {
			t.Errorf("objects are not served after the end: expected ErrStopped; got %v", err)
		}
		if err := n.app.sockets.start(); !errors.Is(err, ErrStopped) {
			t.Errorf("WebSockets are not served after the end: expected ErrStopped; got %v", err)
		}
	})
}

// An application that cannot have its lease at its start goes on after 2 s, and owns objects when the store answers.
func TestClusterStartWithoutStore(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.cluster.CutStore("a", true)
		began := time.Now()
		if err := n.load(false); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("the application loads 2 s after its beginning; it took %s", took)
		}
		n.cluster.CutStore("a", false)
		if node, err := n.app.cluster.place(t.Context(), n.object("one")); node != "a" || err != nil {
			t.Errorf("the object is placed on a; got %q, %v", node, err)
		}
	})
}

// An application without objects does not wait for its lease.
func TestClusterStartWithoutObjects(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.opts.Bindings = Bindings{}
		n.cluster.CutStore("a", true)
		began := time.Now()
		if err := n.load(false); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("an application without objects loads at once; it took %s", took)
		}
	})
}

// slowStore is a store that does not answer when the owner of an object is removed.
type slowStore struct{ lease.Store }

func (s slowStore) Delete(ctx context.Context, key string, revision uint64) error {
	if strings.HasPrefix(key, "object/") {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Delete(ctx, key, revision)
}

// The lease of the node is given up in order, however long its objects take to leave.
func TestClusterEndOfSlowObjects(t *testing.T) {
	sharedNodeTest(t, func(t *testing.T, n *sharedNode) {
		n.opts.Shared.Store = slowStore{n.opts.Shared.Store}
		if err := n.load(false); err != nil {
			t.Fatal(err)
		}
		for i := range 3 * maxLeaving {
			ref := n.object(fmt.Sprint(i))
			if node, err := n.app.cluster.place(t.Context(), ref); node != "a" || err != nil {
				t.Fatalf("the object is placed on a; got %q, %v", node, err)
			}
		}
		n.app.cluster.end()
		if left := n.cluster.Entries("node/"); len(left) != 0 {
			t.Errorf("the lease of the node is given up; the store has %d", len(left))
		}
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
