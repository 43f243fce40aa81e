package worker

import "time"

// homedObjects has the objects that an instance has constructed, and those of them that are idle. It is guarded by objects.mu.
type homedObjects struct {
	all  map[*object]struct{}
	idle []idleObject // ordered by since
}

// idleObject is an object that had no event in progress at a time.
type idleObject struct {
	object *object
	idle   int // the value of object.idle at that time; if it has changed, the object was used since
	since  time.Time
}

// add adds an object that the instance constructs.
func (h *homedObjects) add(o *object) {
	if h.all == nil {
		h.all = map[*object]struct{}{}
	}
	h.all[o] = struct{}{}
}

// remove removes an object that the instance has given up.
func (h *homedObjects) remove(o *object) {
	delete(h.all, o)
	o.idle++ // records of it are stale
}

// addIdle records that an object has no event in progress from now on. Records of objects that were used since are dropped if they are
// many, so that the number of records is bounded by that of objects.
func (h *homedObjects) addIdle(o *object) {
	if len(h.idle) > 2*len(h.all)+16 {
		kept := h.idle[:0]
		for _, one := range h.idle {
			if !one.isStale() {
				kept = append(kept, one)
			}
		}
		clear(h.idle[len(kept):])
		h.idle = kept
	}
	h.idle = append(h.idle, idleObject{o, o.idle, time.Now()})
}

// isStale reports whether the object was used since the record was made.
func (one idleObject) isStale() bool { return one.object.idle != one.idle || one.object.active > 0 }

// take removes the records until a time, and returns those of objects that are still idle.
func (h *homedObjects) take(until time.Time) []idleObject {
	var taken []idleObject
	for len(h.idle) > 0 && !h.idle[0].since.After(until) {
		if one := h.idle[0]; !one.isStale() {
			taken = append(taken, one)
		}
		h.idle[0] = idleObject{}
		h.idle = h.idle[1:]
	}
	return taken
}

// oldest removes the record of the object that has been idle for longest and returns it, and reports whether there is one.
func (h *homedObjects) oldest() (idleObject, bool) {
	for len(h.idle) > 0 {
		one := h.idle[0]
		h.idle[0] = idleObject{}
		h.idle = h.idle[1:]
		if !one.isStale() {
			return one, true
		}
	}
	return idleObject{}, false
}
