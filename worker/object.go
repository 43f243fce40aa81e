package worker

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// objects has the Durable Objects of an application that are in use. An object that is not in use costs nothing: its record is made
// again for its next event.
//
// Each object belongs to a worker, and at most one instance of the worker has it at a time: the instance whose runtime has constructed
// it. At a reload an instance keeps the object until the events that it has begun are complete; later events wait for
// that, and are handled by the next instance.
type objects struct {
	app *App

	mu       sync.Mutex
	byKey    map[objectKey]*object
	byNumber map[int]*object
	last     int // the highest number of an object

	// During a hand-over the events of objects wait in parked, and are refused once the objects are in the other process.
	parking, refusing bool
	parked            []*event

	hibernatables hibernatables
	offers        offers
}

// objectKey identifies an object.
type objectKey struct{ class, id string }

// object is the record of a Durable Object that is in use. The fields below gate are guarded by objects.mu.
type object struct {
	objects *objects
	number  int
	ref     script.ObjectRef
	worker  *worker
	gate    outputGate
	sockets objectSockets

	placed atomic.Bool // this node has the object, with its storage restored; not used without Options.Shared

	stored *storage.Object // the storage, once home has used it; nil before
	held   bool            // the gate is held for writes that are not committed

	uses    int       // the events and connections that refer to the record; it is dropped at 0
	home    *instance // the instance that has the object; nil if none has
	active  int       // the events that home has begun and that are not complete
	waiting []*event  // the events that wait until home has given up the object
	queued  int       // the events that are not complete
	idle    int       // a number that changes with each use
}

// maxObjectEvents bounds the events of an object that are not complete. Further ones are refused.
const maxObjectEvents = 4096

func newObjects(a *App) *objects {
	return &objects{app: a, byKey: map[objectKey]*object{}, byNumber: map[int]*object{}}
}

// use returns the object with a name and counts one more use of it. The caller must call done.
func (all *objects) use(ref script.ObjectRef) *object {
	all.mu.Lock()
	defer all.mu.Unlock()
	o := all.byKey[objectKey{ref.Class, ref.ID}]
	if o == nil {
		all.last++
		o = &object{objects: all, number: all.last, ref: ref, worker: all.app.workerForObject()}
		if cluster := all.app.cluster; cluster != nil {
			o.gate.owns = func() bool { _, owned := cluster.holds(ref); return owned }
		}
		all.byKey[objectKey{ref.Class, ref.ID}] = o
		all.byNumber[o.number] = o
	}
	if o.ref.Name == "" {
		o.ref.Name = ref.Name
	}
	o.uses++
	return o
}

// find returns the object in use with a number, nil if there is none.
func (all *objects) find(number int) *object {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.byNumber[number]
}

// done ends a use of the object.
func (o *object) done() {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	o.doneLocked()
}

func (o *object) doneLocked() {
	if o.uses--; o.uses == 0 {
		delete(o.objects.byKey, objectKey{o.ref.Class, o.ref.ID})
		delete(o.objects.byNumber, o.number)
	}
}

// target returns the object as the target of an event.
func (o *object) target() script.Object { return script.Object{Number: o.number, ObjectRef: o.ref} }

// submit queues an event of the object, which counts as a use until it has ended. It does not block. It returns false, and does not queue the
// event, if too many wait.
func (o *object) submit(e *event) bool { return o.submitTo(&o.worker.tasks, e) }

// submitTo is submit with another queue than that of the object's worker.
func (o *object) submitTo(tasks *queue, e *event) bool {
	o.objects.mu.Lock()
	full := o.queued >= maxObjectEvents
	o.objects.mu.Unlock()
	if !full {
		o.deliver(tasks, e)
	}
	return !full
}

// deliver is submitTo for the events of a connection, which have a bound of their own.
func (o *object) deliver(tasks *queue, e *event) {
	o.count(e)
	tasks.add(e)
}

// count counts an event of the object until it has ended.
func (o *object) count(e *event) {
	o.objects.mu.Lock()
	o.queued++
	o.uses++
	o.objects.mu.Unlock()
	e.object = o
}

// entry is whether an instance may begin an event of an object.
type entry int

const (
	entered   entry = iota
	waits           // another instance or process has the object; the event is queued again when that has given it up
	refused         // another process has the object
	elsewhere       // this node does not own the object any more
	crowded         // the worker has as many objects as it may have, and none of them is idle
)

// enter begins an event of the object in an instance, which gets the object if no instance has it.
func (o *object) enter(in *instance, e *event) entry {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	switch {
	case o.objects.refusing:
		return refused
	case o.objects.parking:
		o.objects.parked = append(o.objects.parked, e)
		return waits
	case !o.gate.isOwned(), o.objects.app.cluster != nil && !o.placed.Load():
		return elsewhere
	case o.home == in:
	case o.home != nil:
		o.waiting = append(o.waiting, e)
		return waits
	case len(in.objects.all) >= in.generation.opts.MaxObjects:
		return crowded
	default:
		o.gate.recover()
		o.home = in
		o.uses++
		o.worker.objects.Add(1)
		o.worker.wakeCount.Add(1)
		in.objects.add(o)
	}
	o.active++
	e.home = in
	return entered
}

// isIn reports whether an instance has the object.
func (o *object) isIn(in *instance) bool {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	return o.home == in
}

// ended records the end of an event of the object.
func (o *object) ended(e *event) {
	o.objects.mu.Lock()
	o.queued--
	if e.home != nil && e.home == o.home {
		o.active--
	}
	switch {
	case e.home == nil || e.home != o.home || o.active > 0:
	case closed(o.home.retired):
		home := o.home
		defer home.host.Enqueue(func() error {
			home.leaveObject(o)
			return nil
		})
	default:
		o.idle++
		o.home.objects.addIdle(o)
	}
	o.doneLocked()
	o.objects.mu.Unlock()
}

// leave takes the object from an instance, if that has it: the next instance constructs it again.
func (o *object) leave(in *instance) {
	o.objects.mu.Lock()
	var waiting []*event
	if o.home == in {
		waiting = o.leaveLocked()
	}
	o.objects.mu.Unlock()
	o.requeue(waiting)
}

// leaveLocked takes the object from the instance that has it, and returns the events that have waited for that.
func (o *object) leaveLocked() []*event {
	o.home.objects.remove(o)
	o.worker.objects.Add(-1)
	waiting := o.waiting
	o.home, o.active, o.waiting, o.stored = nil, 0, nil, nil
	o.doneLocked()
	return waiting
}

// requeue queues events that have waited for another instance. objects.mu is not held, because that may end an event.
func (o *object) requeue(waiting []*event) {
	for _, e := range waiting {
		o.worker.tasks.add(e)
	}
}

// homedIn returns the objects that an instance has.
func (all *objects) homedIn(in *instance) []*object {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Collect(maps.Keys(in.objects.all))
}

// isActive reports whether an event of the object is in progress.
func (o *object) isActive() bool {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	return o.active > 0
}

// workerForObject returns the worker for another object.
func (a *App) workerForObject() *worker {
	if chosen, _ := a.chooseWorker(); chosen != nil {
		return chosen
	}
	return a.workers[0] // which backs off, so that it refuses the event
}
