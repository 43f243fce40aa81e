package lease_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/memcluster"
)

const ttl = lease.DefaultTTL

// join returns a member of a cluster and a manager that has its lease.
func join(t *testing.T, c *memcluster.Cluster, name string, change ...func(*lease.Options)) *lease.Manager {
	t.Helper()
	node := c.Join(name)
	m := managerOf(node, change...)
	if err := m.Start(t.Context()); err != nil {
		t.Fatalf("node %s does not get its lease: %v", name, err)
	}
	synctest.Wait()
	t.Cleanup(func() {
		_ = m.Close(context.Background())
		node.Leave()
	})
	return m
}

func managerOf(node *memcluster.Node, change ...func(*lease.Options)) *lease.Manager {
	options := lease.Options{Store: node.Store(), Node: node.Node(), Nodes: node.Nodes, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&options)
	}
	return lease.New(options)
}

// keyOf returns the key of an object that m places on a node, and does not have an owner.
func keyOf(t *testing.T, m *lease.Manager, node string) string {
	t.Helper()
	for i := range 100 {
		key := lease.ObjectKey("object/", "Room", fmt.Sprint(node, i))
		p, err := m.Place(t.Context(), key)
		if err != nil {
			t.Fatalf("%s is not placed: %v", key, err)
		}
		if p.Node == node {
			return key
		}
	}
	t.Fatalf("none of 100 objects is placed on node %s", node)
	return ""
}

func TestManagerPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := join(t, c, "a"), join(t, c, "b")
		key := keyOf(t, a, "b")
		if _, ok := b.Holds(key); ok {
			t.Error("node b holds an object that it has not placed")
		}
		p, err := b.Place(t.Context(), key)
		if token, ok := b.Holds(key); err != nil || p.Node != "b" || p.Token == 0 || !ok || token != p.Token {
			t.Errorf("node b places its object on %+v with error %v and holds it: %t, expected a token of its own", p, err, ok)
		}
		if p, err := a.Take(t.Context(), key); err != nil || p != (lease.Placement{Node: "b"}) {
			t.Errorf("node a places the object of b on %+v with error %v", p, err)
		}
		if err := b.Release(t.Context(), key); err != nil {
			t.Errorf("the object is not released: %v", err)
		}
		if next, err := a.Take(t.Context(), key); err != nil || next.Node != "a" || next.Token <= p.Token {
			t.Errorf("node a takes the object that b has released as %+v with error %v, expected a higher token than %d", next, err, p.Token)
		}
	})
}

func TestManagerFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a := join(t, c, "a")
		lost := make(chan time.Time, 1)
		b := join(t, c, "b", func(o *lease.Options) { o.Lost = func() { lost <- time.Now() } })
		key := keyOf(t, a, "b")
		first, err := b.Place(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		c.CutStore("b", true)
		for {
			p, err := a.Take(t.Context(), key)
			if err != nil {
				t.Fatalf("node a cannot place the object: %v", err)
			}
			if p.Node == "a" {
				if p.Token <= first.Token {
					t.Errorf("the next owner has token %d after %d", p.Token, first.Token)
				}
				break
			}
			time.Sleep(ttl / 100)
		}
		if took := time.Since(began); took > ttl+ttl/5 {
			t.Errorf("the object of a node that was cut off is taken after %s, expected %s at most", took, ttl+ttl/5)
		}
		select {
		case at := <-lost:
			if stopped := at.Sub(began); stopped > ttl*4/5 {
				t.Errorf("a node that was cut off has stopped its objects after %s, expected %s at most", stopped, ttl*4/5)
			}
		default:
			t.Error("a node that was cut off has not stopped its objects when another takes one")
		}
		c.CutStore("b", false)
		time.Sleep(ttl)
		if p, err := b.Place(t.Context(), key); err != nil || p.Node != "a" {
			t.Errorf("the node that has returned places the object on %+v with error %v, expected its new owner", p, err)
		}
	})
}

func TestManagerWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a := join(t, c, "a")
		key := keyOf(t, a, "a")
		c.CutStore("a", true)
		if p, err := a.Place(t.Context(), key); err != nil || p.Node != "a" {
			t.Errorf("an object that the node holds is placed on %+v with error %v while the store does not answer", p, err)
		}
		if _, err := a.Place(t.Context(), "object/Room/other"); !errors.Is(err, lease.ErrUnavailable) {
			t.Errorf("another object is placed with error %v, expected ErrUnavailable", err)
		}
	})
}

func TestManagerNameTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		join(t, c, "a")
		other := c.Join("b")
		defer other.Leave()
		m := managerOf(other, func(o *lease.Options) { o.Node = "a" })
		if err := m.Start(t.Context()); !errors.Is(err, lease.ErrNameTaken) {
			t.Errorf("a second process with the name of a node starts with error %v, expected ErrNameTaken", err)
		}
		_ = m.Close(t.Context())
	})
}

// A node that is retiring gets no more objects as long as there is another.
func TestManagerRetire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := join(t, c, "a"), join(t, c, "b")
		b.Retire()
		synctest.Wait()
		for i := range 20 {
			key := lease.ObjectKey("object/", "Room", fmt.Sprint(i))
			for _, m := range []*lease.Manager{a, b} {
				if p, err := m.Take(t.Context(), key); err != nil || p.Node != "a" {
					t.Fatalf("an object is placed on %+v with error %v while node b is retiring, expected node a", p, err)
				}
			}
		}
		b.Unretire()
		synctest.Wait()
		keyOf(t, a, "b")
		b.Retire()
		synctest.Wait()
		if err := a.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if p, err := b.Place(t.Context(), "object/Room/0"); err != nil || p.Node != "b" {
			t.Errorf("the last node places an object on %+v with error %v", p, err)
		}
	})
}

func TestManagerFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := join(t, memcluster.New(), "a", func(o *lease.Options) { o.MaxHeld = 1 })
		if _, err := a.Place(t.Context(), "object/Room/1"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Place(t.Context(), "object/Room/2"); !errors.Is(err, lease.ErrFull) {
			t.Errorf("an object above the bound is placed with error %v, expected ErrFull", err)
		}
		if err := a.Release(t.Context(), "object/Room/1"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Place(t.Context(), "object/Room/2"); err != nil {
			t.Errorf("an object is not placed after another was released: %v", err)
		}
	})
}

// A process that replaces another on the same node keeps its objects.
func TestManagerYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := join(t, c, "a"), join(t, c, "b", func(o *lease.Options) {
			o.Lost = func() { t.Error("the lease is lost") }
		})
		key := keyOf(t, a, "b")
		first, err := b.Place(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		incarnation := b.Yield()
		if _, ok := b.Holds(key); ok {
			t.Error("the process that has yielded holds an object")
		}
		node := c.Join("second") // the name of a member in memory is unique
		defer node.Leave()
		next := managerOf(node, func(o *lease.Options) { o.Node, o.Incarnation = "b", incarnation })
		defer func() { _ = next.Close(context.Background()) }()
		if err := next.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = b.Close(t.Context())
		if p, err := a.Place(t.Context(), key); err != nil || p.Node != "b" {
			t.Errorf("the object is placed on %+v with error %v after its process was replaced, expected the same node", p, err)
		}
		if p, err := next.Place(t.Context(), key); err != nil || p.Node != "b" || p.Token <= first.Token {
			t.Errorf("the new process places the object on %+v with error %v, expected a higher token than %d", p, err, first.Token)
		}
	})
}

func TestManagerMalformedEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a := join(t, c, "a")
		other := c.Join("x")
		defer other.Leave()
		for _, key := range []string{"object/Room/1", "node/x", "node/not a name"} {
			if _, err := other.Store().Create(t.Context(), key, []byte("\x0a")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if p, err := a.Place(t.Context(), "object/Room/1"); err == nil {
			t.Errorf("an object whose entry is malformed is placed on %+v, expected an error", p)
		}
		if _, err := a.Place(t.Context(), "object/Room/2"); err != nil {
			t.Errorf("another object is not placed: %v", err)
		}
	})
}

// The entries of objects of a node that has died are removed, also if no object of it is used again. Those of nodes with a lease stay.
func TestManagerSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := join(t, c, "a"), join(t, c, "b")
		for i := range 10 {
			for _, m := range []*lease.Manager{a, b} {
				if _, err := m.Place(t.Context(), fmt.Sprint("object/Room/", i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.CutStore("b", true)
		time.Sleep(2 * ttl)
		if err := a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, owned := len(c.Entries("object/")), a.Stats().Owned; n != owned || n == 0 || n == 10 {
			t.Errorf("the store has %d entries after the other node has died, expected those of the %d objects that this node owns", n, owned)
		}
	})
}
