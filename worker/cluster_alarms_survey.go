package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// survey adds the alarms of nodes that have ended to the index of this node, as far as this node prefers their objects; and those that this node has had, and
// lost with its data directory. An alarm that two nodes have in their indexes is delivered by the one that owns the object when it is due.
func (all *clusterAlarms) survey(ctx context.Context) {
	found, err := all.list(ctx)
	if err == nil {
		err = all.adopt(found)
	}
	if err != nil && ctx.Err() == nil {
		all.app.cluster.report("the alarms of nodes that have ended were not read; they are read again later", "", "error", err)
		time.AfterFunc(surveyRetry, func() { signal(all.ended) })
	}
}

// list returns the alarms that this node takes over.
func (all *clusterAlarms) list(ctx context.Context) ([]alarmEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, surveyLimit)
	defer cancel()
	var mu sync.Mutex
	var found []alarmEntry
	listed := make(chan struct{})
	add := func(stored lease.Entry) {
		e, err := parseAlarmEntry(stored.Value)
		if stored.Deleted || err != nil || !all.isOurs(e) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if len(found) < maxSurveyed {
			found = append(found, e)
		}
	}
	if err := all.app.opts.Shared.Store.Watch(ctx, alarmPrefix, add, sync.OnceFunc(func() { close(listed) })); err != nil {
		return nil, err
	}
	select {
	case <-listed:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	mu.Lock()
	defer mu.Unlock()
	return found, nil
}

// isOurs reports whether this node takes over an alarm.
func (all *clusterAlarms) isOurs(e alarmEntry) bool {
	leases, key := all.app.cluster.leases, leaseKey(e.ref)
	if _, held := leases.Holds(key); held { // so the alarm is in the index
		return false
	}
	return e.node == all.app.cluster.node || !leases.Lives(e.node) && leases.Prefers(key)
}

// adopt adds alarms to the index of this node.
func (all *clusterAlarms) adopt(found []alarmEntry) error {
	if len(found) == 0 {
		return nil
	}
	data, err := all.app.data.acquire(true)
	if err != nil {
		return err
	}
	defer all.app.data.release()
	var added []storage.Alarm
	for _, e := range found {
		class := data.classes.key(e.ref.Class)
		at, ok, err := data.store.AlarmOf(class, e.ref.ID)
		if err != nil {
			return err
		}
		if !ok || e.node != all.app.cluster.node && !at.Equal(e.at) {
			added = append(added, storage.Alarm{Class: class, ID: e.ref.ID, Name: e.ref.Name, Time: e.at})
		}
	}
	if len(added) == 0 {
		return nil
	}
	if err := data.store.AddAlarms(added); err != nil {
		return err
	}
	all.app.opts.Logger.Info("alarms of nodes that have ended are delivered by this one", "alarms", len(added))
	all.app.alarms.check()
	return nil
}

// isHere makes this node the owner of the object of an alarm that is due, unless another node is, and reports whether the alarm is to be delivered. If not,
// the attempt has ended.
func (all *alarms) isHere(one *alarm) bool {
	cluster := all.app.cluster
	ref := script.ObjectRef{Class: one.key.class, ID: one.key.id, Name: one.name}
	ctx, cancel := context.WithTimeout(cluster.ctx, placeTimeout)
	defer cancel()
	switch err := cluster.claim(ctx, ref); {
	case errors.Is(err, errOwnedElsewhere): // that node has the alarm in its index
		all.drop(one, ref)
		return false
	case err != nil:
		all.attempted(one, script.Outcome{Failure: objectUnplaced})
		return false
	case all.isCurrent(one, ref):
		return true
	}
	all.mu.Lock()
	delete(all.running, one.key)
	all.mu.Unlock()
	all.check()
	return false
}

// errOwnedElsewhere is the error of claiming an object that another node owns.
var errOwnedElsewhere = errors.New("worker: another node owns the object")

// claim makes this node the owner of an object, with its storage restored, unless another node owns it.
func (all *clusterObjects) claim(ctx context.Context, ref script.ObjectRef) error {
	select {
	case <-all.started: // after a hand-over an alarm may be due before
	case <-ctx.Done():
		return ctx.Err()
	}
	r := all.use(ref)
	defer all.done(r)
	p, err := all.leases.Take(ctx, r.key)
	switch {
	case err != nil:
		return err
	case p.Node != all.node && p.Free: // this node is about to leave
		return errUnplaced
	case p.Node != all.node:
		return errOwnedElsewhere
	}
	r.mu.Lock()
	if r.state == away {
		r.state = unplaced
	}
	r.mu.Unlock()
	node, err := all.place(ctx, ref)
	if err == nil && node != all.node {
		err = errUnplaced
	}
	return err
}

// isCurrent reports whether an alarm is still in the index after the storage of its object was restored. If not, it makes the entry in the store what is there.
func (all *alarms) isCurrent(one *alarm, ref script.ObjectRef) bool {
	data, err := all.app.data.acquire(true)
	if err != nil {
		return false
	}
	defer all.app.data.release()
	at, ok, err := data.store.AlarmOf(data.classes.key(ref.Class), ref.ID)
	if err != nil {
		all.app.opts.Logger.Error("an alarm cannot be read", "class", ref.Class, "object", ref.ID, "error", err)
		return false
	}
	current := ok && at.Equal(one.at)
	if !current {
		all.app.cluster.alarms.set(ref, at)
	}
	return current
}

// drop removes an alarm from the index, unless the object has another one there, and ends the attempt.
func (all *alarms) drop(one *alarm, ref script.ObjectRef) {
	if err := all.removeIndexed(one, ref); err != nil {
		all.app.opts.Logger.Error("the alarm of an object on another node was not removed from the index", "class", ref.Class, "object", ref.ID, "error", err)
	}
	all.mu.Lock()
	delete(all.running, one.key)
	all.mu.Unlock()
	all.check()
}

func (all *alarms) removeIndexed(one *alarm, ref script.ObjectRef) error {
	data, err := all.app.data.acquire(true)
	if err != nil {
		return err
	}
	defer all.app.data.release()
	entry := storage.Alarm{Class: data.classes.key(ref.Class), ID: ref.ID, Name: ref.Name, Time: one.at}
	if err := data.store.RemoveAlarm(entry); err != nil {
		return err
	}
	if _, held := all.app.cluster.holds(ref); held { // taken meanwhile, so that what was removed may have been put there again
		return data.store.AddAlarms([]storage.Alarm{entry})
	}
	return nil
}
