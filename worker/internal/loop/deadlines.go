package loop

import "time"

// Deadlines has the deadlines of events that have the same time limit: they are set in the order in which they end. An event that is done
// is not removed, but skipped later, so that most events cost no more than an element of a queue. The zero value has none.
type Deadlines struct {
	queue []deadline
	first int // the index in queue of the first deadline
	prune int // the length of the queue at which those of events that are done are removed
}

type deadline struct {
	id int
	at time.Time
}

// minPrune is the length up to which the queue keeps deadlines of events that are done.
const minPrune = 64

// Set sets the deadline of an event. pending reports whether an event is not done.
func (d *Deadlines) Set(id int, at time.Time, pending func(id int) bool) {
	d.skip(pending)
	if len(d.queue) >= max(d.prune, minPrune) {
		d.compact(pending)
	}
	d.queue = append(d.queue, deadline{id, at})
}

// UntilNext returns the time until the next deadline, and reports whether there is one.
func (d *Deadlines) UntilNext(pending func(id int) bool) (wait time.Duration, set bool) {
	d.skip(pending)
	if d.first == len(d.queue) {
		return 0, false
	}
	return max(0, time.Until(d.queue[d.first].at)), true
}

// Expired removes the events whose deadlines have passed by now, and returns the ids of those that are not done, in order.
func (d *Deadlines) Expired(now time.Time, pending func(id int) bool) (ids []int) {
	for d.first < len(d.queue) && !d.queue[d.first].at.After(now) {
		if id := d.queue[d.first].id; pending(id) {
			ids = append(ids, id)
		}
		d.first++
	}
	return ids
}

// skip removes the first deadlines of events that are done.
func (d *Deadlines) skip(pending func(id int) bool) {
	for d.first < len(d.queue) && !pending(d.queue[d.first].id) {
		d.first++
	}
	if d.first == len(d.queue) {
		d.queue, d.first = d.queue[:0], 0
	}
}

// compact removes all deadlines of events that are done. The queue then doubles at least before the next time.
func (d *Deadlines) compact(pending func(id int) bool) {
	kept := d.queue[:0]
	for _, one := range d.queue[d.first:] {
		if pending(one.id) {
			kept = append(kept, one)
		}
	}
	d.queue, d.first, d.prune = kept, 0, 2*len(kept)
}
