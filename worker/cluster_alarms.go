package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// clusterAlarms keeps an entry in the store of the cluster for each alarm of the objects of this node, "alarm/CLASS/ID". A node delivers the alarms in its own
// index; the entries are for those of nodes that have ended.
type clusterAlarms struct {
	app     *App
	ended   chan struct{} // has an element if a node has ended
	changed chan struct{} // has an element if there may be something in waiting

	mu       sync.Mutex
	waiting  map[objectKey]alarmEntry // what is to be written
	sweeping atomic.Bool
	dropped  atomic.Uint64 // changes that were not written because too many were waiting
}

// alarmEntry is an entry. The zero time means that it is to be removed.
type alarmEntry struct {
	ref   script.ObjectRef
	at    time.Time
	node  string // that has the alarm in its index
	token uint64 // the fencing token with which it was written: an owner before that does not replace it
}

const (
	maxAlarmChanges  = 65536            // bounds waiting; further changes are dropped, logged and counted
	alarmWrites      = 8                // the entries that are written at the same time
	alarmWriteTries  = 5                // if others change the entry too
	alarmWriteLimit  = 5 * time.Second  // bounds the time of writing an entry
	alarmWritePause  = time.Second      // after a failure
	surveyPause      = time.Second      // from the end of a node to the survey of its alarms
	surveyRetry      = 10 * time.Second // after a failure
	surveyLimit      = time.Minute      // bounds the time of a survey
	maxSurveyed      = 100_000          // bounds the alarms that one survey takes over; the next one takes over more
	maxEntryText     = 64 << 10         // bounds each text in an entry, in bytes
	secondSurveyTTLs = 2                // after as many TTLs the alarms are surveyed again, because nodes may have had different lists of nodes
)

func newClusterAlarms(a *App) *clusterAlarms {
	return &clusterAlarms{app: a, ended: make(chan struct{}, 1), changed: make(chan struct{}, 1), waiting: map[objectKey]alarmEntry{}}
}

// nodeEnded records that a node has ended.
func (all *clusterAlarms) nodeEnded(string) { signal(all.ended) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is an element already
	}
}

// set records that an object of this node has set its alarm, or deleted it if at is zero. It does not block.
func (all *clusterAlarms) set(ref script.ObjectRef, at time.Time) {
	token, ok := all.app.cluster.holds(ref)
	if !ok {
		return // another node owns the object
	}
	all.add(alarmEntry{ref, at, all.app.cluster.node, token})
}

func (all *clusterAlarms) add(e alarmEntry) {
	key := objectKey{e.ref.Class, e.ref.ID}
	all.mu.Lock()
	_, known := all.waiting[key]
	full := !known && len(all.waiting) >= maxAlarmChanges
	if !full {
		all.waiting[key] = e
	}
	all.mu.Unlock()
	if full {
		all.dropped.Add(1)
		all.app.cluster.report("an alarm was not written to the store of the cluster, because too many wait: if this node ends, the alarm is delivered when its object is next used", "", "class", e.ref.Class, "object", e.ref.ID)
		return
	}
	signal(all.changed)
}

// run writes entries, and takes over the alarms of nodes that have ended, until ctx ends.
func (all *clusterAlarms) run(ctx context.Context) {
	survey, second := time.NewTimer(surveyPause), time.NewTimer(all.secondSurvey())
	defer survey.Stop()
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-all.changed:
			all.write(ctx)
		case <-all.ended:
			survey.Reset(surveyPause)
			second.Reset(all.secondSurvey())
		case <-survey.C:
			all.survey(ctx)
		case <-second.C:
			all.survey(ctx)
			go all.sweep(ctx)
		}
	}
}

// sweep removes the entries of objects whose nodes have ended. One call at a time does.
func (all *clusterAlarms) sweep(ctx context.Context) {
	if !all.sweeping.CompareAndSwap(false, true) {
		return
	}
	defer all.sweeping.Store(false)
	if err := all.app.cluster.leases.Sweep(ctx); err != nil && ctx.Err() == nil {
		all.app.cluster.report("the entries of objects whose nodes have ended were not removed; that is tried at the end of the next node", "", "error", err)
	}
}

func (all *clusterAlarms) secondSurvey() time.Duration {
	ttl := all.app.opts.Shared.Lease
	if ttl == 0 {
		ttl = lease.DefaultTTL
	}
	return secondSurveyTTLs * ttl
}

// write writes what waits. What fails waits again.
func (all *clusterAlarms) write(ctx context.Context) {
	slots := make(chan struct{}, alarmWrites)
	var failed atomic.Bool
	var writing sync.WaitGroup
	for e, ok := all.take(); ok && ctx.Err() == nil; e, ok = all.take() {
		slots <- struct{}{}
		writing.Go(func() {
			defer func() { <-slots }()
			if err := all.put(ctx, e); err != nil {
				failed.Store(true)
				all.app.cluster.report("an alarm was not written to the store of the cluster; it is written again later", "", "class", e.ref.Class, "object", e.ref.ID, "error", err)
				all.putBack(e)
			}
		})
		if failed.Load() {
			break
		}
	}
	writing.Wait()
	if failed.Load() {
		time.AfterFunc(alarmWritePause, func() { signal(all.changed) })
	}
}

func (all *clusterAlarms) take() (e alarmEntry, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for key, e := range all.waiting {
		delete(all.waiting, key)
		return e, true
	}
	return e, false
}

// putBack makes an entry wait again, unless the alarm has changed since.
func (all *clusterAlarms) putBack(e alarmEntry) {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := objectKey{e.ref.Class, e.ref.ID}
	if _, newer := all.waiting[key]; !newer {
		all.waiting[key] = e
	}
}

// put writes an entry, unless one with a higher token is there.
func (all *clusterAlarms) put(ctx context.Context, e alarmEntry) (err error) {
	ctx, cancel := context.WithTimeout(ctx, alarmWriteLimit)
	defer cancel()
	for range alarmWriteTries {
		if err = all.putOnce(ctx, e); !errors.Is(err, lease.ErrConflict) {
			return err
		}
	}
	return err
}

func (all *clusterAlarms) putOnce(ctx context.Context, e alarmEntry) error {
	store, key := all.app.opts.Shared.Store, lease.ObjectKey(alarmPrefix, e.ref.Class, e.ref.ID)
	old, err := store.Get(ctx, key)
	switch {
	case errors.Is(err, lease.ErrNotFound) && e.at.IsZero():
		return nil
	case errors.Is(err, lease.ErrNotFound):
		_, err = store.Create(ctx, key, e.encode())
		return err
	case err != nil:
		return err
	}
	if last, err := parseAlarmEntry(old.Value); err == nil && last.token > e.token {
		return nil
	}
	if e.at.IsZero() {
		return store.Delete(ctx, key, old.Revision)
	}
	_, err = store.Update(ctx, key, e.encode(), old.Revision)
	return err
}

const alarmPrefix = "alarm/"

// encode returns the value of the entry. Its fields: 1 class, 2 ID and 3 name of the object, 4 time in milliseconds since 1970, 5 node, 6 token.
func (e alarmEntry) encode() []byte {
	b := wire.AppendString(nil, 1, e.ref.Class)
	b = wire.AppendString(b, 2, e.ref.ID)
	b = wire.AppendString(b, 3, e.ref.Name)
	b = wire.AppendInt(b, 4, e.at.UnixMilli())
	b = wire.AppendString(b, 5, e.node)
	return wire.AppendUint(b, 6, e.token)
}

// errAlarmEntry is the error of an entry that this version cannot read.
var errAlarmEntry = fmt.Errorf("worker: the entry of an alarm is malformed, or of another version: %w", wire.ErrFormat)

func parseAlarmEntry(value []byte) (e alarmEntry, err error) {
	if len(value) > maxEntryText {
		return e, errAlarmEntry
	}
	r := wire.NewReader(value)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case 1:
			e.ref.Class = r.String()
		case 2:
			e.ref.ID = r.String()
		case 3:
			e.ref.Name = r.String()
		case 4:
			e.at = time.UnixMilli(r.Int())
		case 5:
			e.node = r.String()
		case 6:
			e.token = r.Uint()
		}
	}
	if r.Err() != nil || e.ref.Class == "" || e.ref.ID == "" || e.at.IsZero() {
		return alarmEntry{}, errAlarmEntry
	}
	return e, nil
}
