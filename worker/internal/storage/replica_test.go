package storage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/storage"
)

// replicaNode is a node with a data directory and a log that all nodes share.
type replicaNode struct {
	t       *testing.T
	store   *storage.Store
	shipper *replica.Shipper
	log     replica.Log

	replica *storage.Replica
	ship    *replica.Ship
	object  *storage.Object
}

func newReplicaNode(t *testing.T, cluster *memcluster.Cluster, name, dir string) *replicaNode {
	t.Helper()
	node := cluster.Join(name)
	t.Cleanup(node.Leave)
	store, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Error(err)
		}
	})
	return &replicaNode{t: t, store: store, log: node.Store(), shipper: replica.NewShipper(replica.Options{Log: node.Store(), Node: name, Sync: true, SnapshotBytes: 50_000})}
}

const replicaLog = "Room/1"

// take takes the object with a token.
func (n *replicaNode) take(token uint64) {
	n.t.Helper()
	r, err := n.store.Replica("Room", "1")
	if err == nil {
		err = r.Open()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.replica = r
	n.ship, err = n.shipper.Take(context.Background(), replicaLog, token, r)
	if err = errors.Join(err, r.Close(), r.IndexAlarm("lobby")); err != nil {
		n.t.Fatal(err)
	}
	if n.object, err = n.store.Object("Room", "1"); err != nil {
		n.t.Fatal(err)
	}
	n.object.ShipTo(n.ship)
}

// release gives the object up.
func (n *replicaNode) release() {
	n.t.Helper()
	if err := n.object.Close(); err != nil {
		n.t.Fatal(err)
	}
	if err := n.ship.Release(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// put stores a value and returns the result of the commit.
func (n *replicaNode) put(key, value string) error {
	n.t.Helper()
	if err := n.object.Put(storage.Pair{Key: key, Value: []byte(value)}); err != nil {
		n.t.Fatal(err)
	}
	return n.commit()
}

func (n *replicaNode) commit() error {
	n.t.Helper()
	done := make(chan error, 1)
	if begun, err := n.object.Commit(func(err error) { done <- err }); !begun {
		return err
	}
	return <-done
}

// expect checks the value of a key.
func (n *replicaNode) expect(key, want string) {
	n.t.Helper()
	if got, err := n.object.Get(key); err != nil || string(got) != want {
		n.t.Errorf("%s is %q with error %v, expected %q", key, got, err, want)
	}
}

func TestReplicaFollowsItsObject(t *testing.T) {
	cluster := memcluster.New()
	a, b := newReplicaNode(t, cluster, "a", t.TempDir()), newReplicaNode(t, cluster, "b", t.TempDir())
	a.take(1)
	var set time.Time
	a.object.AlarmSet = func(at time.Time) { set = at }
	for i := range 200 {
		if err := a.put(fmt.Sprint("key ", i), fmt.Sprintf("%01000d", i)); err != nil {
			t.Fatal(err)
		}
	}
	at := time.UnixMilli(1_900_000_000_000)
	if err := errors.Join(a.object.SetAlarm(at), a.commit()); err != nil {
		t.Fatal(err)
	}
	if !set.Equal(at) {
		t.Errorf("the alarm was reported as set to %s, expected %s", set, at)
	}
	a.release()

	b.take(2)
	b.expect("key 199", fmt.Sprintf("%01000d", 199))
	alarms, err := b.store.NextAlarms(10)
	if err != nil || len(alarms) != 1 || alarms[0].Name != "lobby" || !alarms[0].Time.Equal(at) {
		t.Errorf("the alarms of the next owner are %v with error %v, expected the one that was set", alarms, err)
	}
	if err := b.put("key 0", "of b"); err != nil {
		t.Fatal(err)
	}

	// The first owner still has the storage open, as far as it knows.
	stale, err := a.store.Object("Room", "1")
	if err != nil {
		t.Fatal(err)
	}
	a.object = stale
	a.object.ShipTo(a.ship)
	if err := a.put("key 0", "of a"); !errors.Is(err, replica.ErrClosed) {
		t.Errorf("a commit after the release ends with %v, expected %v", err, replica.ErrClosed)
	}
	if err := a.object.Close(); err != nil {
		t.Fatal(err)
	}
	b.release()
	a.take(3)
	a.expect("key 0", "of b")
	if status := a.shipper.Status(); status.Snapshots == 0 || status.Restores != 1 {
		t.Errorf("the first owner has made %d snapshots and restored %d databases, expected some and 1", status.Snapshots, status.Restores)
	}
}

func TestReplicaOfANodeThatStartsAgain(t *testing.T) {
	cluster, dir := memcluster.New(), t.TempDir()
	a := newReplicaNode(t, cluster, "a", dir)
	a.take(1)
	if err := a.put("key", "in the log"); err != nil {
		t.Fatal(err)
	}
	cluster.CutStore("a", true)
	if err := a.object.Put(storage.Pair{Key: "key", Value: []byte("not in the log")}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	if _, err := a.object.Commit(func(err error) { ended <- err }); err != nil {
		t.Fatal(err)
	}
	if err := a.replica.Sync(); err != nil { // it is durable on this node
		t.Fatal(err)
	}
	crash := errors.New("the node has crashed")
	a.ship.Close(crash)
	if err := <-ended; !errors.Is(err, crash) {
		t.Errorf("the commit ends with %v, expected %v", err, crash)
	}
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	cluster.CutStore("a", false)

	again := newReplicaNode(t, cluster, "a2", dir)
	again.take(2)
	again.expect("key", "not in the log")
	again.release()
	b := newReplicaNode(t, cluster, "b", t.TempDir())
	b.take(3)
	b.expect("key", "not in the log")
}
