package worker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// replicas keeps the databases of the objects of this node in the log of the cluster. It has no effect without Options.Shared. Its methods may be called
// from any goroutine but that of an event loop, because they wait for the log.
type replicas struct {
	app     *App
	shipper *replica.Shipper // nil without Options.Shared

	// alarmSet is called when a transaction that sets or deletes the alarm of an object is durable, with the zero time if none is set any more. It must
	// not block. It may be nil.
	alarmSet func(ref script.ObjectRef, at time.Time)

	mu    sync.Mutex
	taken map[objectKey]*takenReplica // those of the objects that this node owns
	names map[string]script.ObjectRef // the same objects, by the names of their logs
}

// takenReplica is the database of an object that this node owns.
type takenReplica struct {
	name     string // of its log
	database *storage.Replica
	ship     *replica.Ship
}

func newReplicas(a *App) *replicas {
	r := &replicas{app: a, taken: map[objectKey]*takenReplica{}, names: map[string]script.ObjectRef{}}
	if shared := a.opts.Shared; shared != nil {
		r.shipper = replica.NewShipper(replica.Options{
			Log: shared.Log, Node: a.server.Cluster().Node(), Sync: shared.Durability == Sync, Failed: r.failed, Logger: a.opts.Logger,
		})
		a.warnOfLocalBindings()
	}
	return r
}

// warnOfLocalBindings logs that some bindings are not shared by the nodes.
func (a *App) warnOfLocalBindings() {
	var names []string
	for _, kv := range a.opts.Bindings.KV {
		names = append(names, kv.Name)
	}
	for _, d1 := range a.opts.Bindings.D1 {
		names = append(names, d1.Name)
	}
	if len(names) > 0 {
		a.opts.Logger.Warn("each node has KV namespaces and D1 databases of its own: what a script writes to them on one node is not on the others; in a cluster, use Durable Objects",
			"bindings", names)
	}
}

// take makes the local database of an object what the log of the cluster has, and takes the log over with the fencing token of the object's owner. It must
// return without an error before the object handles an event. The error is [replica.ErrFenced] if another node has taken the log over
// meanwhile; then the object must be placed again.
func (r *replicas) take(ctx context.Context, ref script.ObjectRef, token uint64) error {
	if r.shipper == nil {
		return nil
	}
	r.remove(ref, errTakenOver)
	data, err := r.app.data.acquire(true)
	if err != nil {
		return err
	}
	defer r.app.data.release()
	database, err := data.store.Replica(data.classes.key(ref.Class), ref.ID)
	if err != nil {
		return err
	}
	if err := database.Open(); err != nil {
		return err
	}
	one := &takenReplica{name: data.classes.logName(ref), database: database}
	one.ship, err = r.takeLog(ctx, one, token)
	if err = errors.Join(err, database.Close()); err == nil {
		err = database.IndexAlarm(ref.Name)
	}
	if err != nil {
		if one.ship != nil {
			one.ship.Close(err)
		}
		return fmt.Errorf("taking the storage of the object: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken[objectKey{ref.Class, ref.ID}], r.names[one.name] = one, ref
	return nil
}

// takeStall bounds the time in which taking a log makes no progress. The time that it takes is not bounded, because a database may be large.
const takeStall = placeTimeout

// takeLog takes the log of an object, until the application ends or nothing is read or written for takeStall.
func (r *replicas) takeLog(ctx context.Context, one *takenReplica, token uint64) (*replica.Ship, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(r.app.cluster.ctx, cancel)()
	timer := time.AfterFunc(takeStall, cancel)
	defer timer.Stop()
	return r.shipper.Take(ctx, one.name, token, &timedDatabase{one.database, timer})
}

// timedDatabase resets a timer when it is used.
type timedDatabase struct {
	*storage.Replica
	timer *time.Timer
}

func (d *timedDatabase) Apply(change *replica.Change, position replica.Position) error {
	d.timer.Reset(takeStall)
	return d.Replica.Apply(change, position)
}

func (d *timedDatabase) Pages() (replica.Pages, error) {
	pages, err := d.Replica.Pages()
	return &timedPages{pages, d.timer}, err
}

// timedPages are pages whose timer is reset when they are read.
type timedPages struct {
	replica.Pages
	timer *time.Timer
}

func (p *timedPages) Read(number uint32, data []byte) error {
	p.timer.Reset(takeStall)
	return p.Pages.Read(number, data)
}

// logName returns the name of the log of an object. It differs after a migration that has deleted the class.
func (c *classes) logName(ref script.ObjectRef) string {
	return lease.ObjectKey(c.logPrefix(c.key(ref.Class)), c.key(ref.Class), ref.ID)
}

// logPrefix returns the beginning of the names of logs of a class with a key.
func (c *classes) logPrefix(key string) string { return strconv.Itoa(c.Deleted[key]) + "/" }

// release writes everything that the object has committed to the log, and gives the log up, before another node may take it. No instance may have the
// object any more. After an error what was acknowledged is nevertheless in the log, if it was acknowledged with [Sync].
func (r *replicas) release(ctx context.Context, ref script.ObjectRef) error {
	one := r.of(ref)
	if one == nil {
		return nil
	}
	err := one.ship.Release(ctx)
	r.remove(ref, replica.ErrClosed)
	return err
}

// lose gives the log of an object up at once, because this node does not own the object any more. What was not written to the log is lost: commits in progress
// fail with cause.
func (r *replicas) lose(ref script.ObjectRef, cause error) { r.remove(ref, cause) }

// remove ends the log of an object. Its alarm stays in the index: this node delivers it, unless another one owns the object then.
func (r *replicas) remove(ref script.ObjectRef, cause error) {
	key := objectKey{ref.Class, ref.ID}
	r.mu.Lock()
	one := r.taken[key]
	if one != nil {
		delete(r.taken, key)
		delete(r.names, one.name)
	}
	r.mu.Unlock()
	if one == nil {
		return
	}
	one.ship.Close(cause)
}

// of returns the database of an object that this node owns, nil if it owns it no more.
func (r *replicas) of(ref script.ObjectRef) *takenReplica {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken[objectKey{ref.Class, ref.ID}]
}

// connect connects the storage of an object with its log. The error is that this node does not own the object.
func (r *replicas) connect(ref script.ObjectRef, stored *storage.Object) error {
	if r.shipper == nil {
		return nil
	}
	one := r.of(ref)
	if one == nil {
		return errNotOwned
	}
	stored.ShipTo(one.ship)
	if r.alarmSet != nil {
		stored.AlarmSet = func(at time.Time) { r.alarmSet(ref, at) }
	}
	return nil
}

// errNotOwned is the exception of a script that uses the storage of an object that another node takes over.
var errNotOwned = &script.Throw{Name: "Error", Message: objectTakenOver}

// failed gives up an object whose log cannot be written any more.
func (r *replicas) failed(name string, cause error) {
	r.mu.Lock()
	ref, ok := r.names[name]
	r.mu.Unlock()
	if !ok {
		return
	}
	r.app.opts.Logger.Error("a Durable Object is given up, because what it has written is not in the log of the cluster", "class", ref.Class, "object", ref.ID, "error", cause)
	r.app.objectFenced(ref)
}

// logRemoval bounds the time in which the logs of a deleted class are removed.
const logRemoval = time.Minute

// removeClass removes the logs of a class that a migration has deleted, on a goroutine of its own. Logs that remain are not used any more.
func (r *replicas) removeClass(prefix, key string) {
	if r.shipper == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), logRemoval)
		defer cancel()
		if err := r.shipper.Remove(ctx, lease.ObjectKey(prefix, key, "")); err != nil {
			r.app.opts.Logger.Warn("the records of a deleted class remain in the log of the cluster: they are not used any more, but take space", "class", key, "error", err)
		}
	}()
}

// replicaStats are the counters of a node for the log of the cluster.
type replicaStats struct {
	shippedBytes, shippedTransactions, snapshots, restores, restoredBytes, delayed, retries, fenced uint64
	pendingBytes                                                                                    int64
	oldest                                                                                          time.Duration // how long the oldest transaction has waited that the log has not acknowledged
}

// stats returns the counters.
func (r *replicas) stats() replicaStats {
	if r.shipper == nil {
		return replicaStats{}
	}
	s := r.shipper.Status()
	return replicaStats{
		shippedBytes: s.Bytes, shippedTransactions: s.Commits, snapshots: s.Snapshots, restores: s.Restores, restoredBytes: s.Restored,
		delayed: s.Delayed, retries: s.Retries, fenced: s.Fenced, pendingBytes: s.Waiting, oldest: s.Oldest,
	}
}
