package worker

import (
	"fmt"
	"sync"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// references has what scripts have passed to others by reference: functions and objects, which are called where they are. A reference ends when
// nothing holds it, or with the instance of its script.
type references struct {
	mu       sync.Mutex
	byNumber map[int]*reference
	last     int // the highest number
}

// reference is one of them.
type reference struct {
	home     *hostAPI           // has what the reference is to; nil for an imported reference
	imported *importedReference // of another node; nil for one of this node
	object   *object            // the object to which that belongs; nil for none
	holders  int                // the stubs in scripts, and the values on their way
}

// referenceTable is the part of a script in references. It is guarded by references.mu.
type referenceTable struct {
	own   map[int]struct{} // the references to something of this script
	held  map[int]int      // the holders in this script, by the numbers of references
	ended bool             // the instance has ended
}

// maxReferences bounds the references to something of a script. The holders are bounded by the memory of their scripts.
const maxReferences = 16384

// NewReference implements [script.References].
func (h *hostAPI) NewReference(object int) (int, error) {
	all := &h.app.references
	o := h.app.objects.find(object)
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(h.passed.own) >= maxReferences {
		return 0, &script.Throw{Name: "Error", Message: fmt.Sprintf(
			"Too many RPC stubs exist: a script may have %d functions and objects that others can call. Dispose of stubs when they are not needed any more", maxReferences)}
	}
	if all.byNumber == nil {
		all.byNumber = map[int]*reference{}
	}
	if h.passed.own == nil {
		h.passed.own = map[int]struct{}{}
	}
	all.last++
	all.byNumber[all.last] = &reference{home: h, object: o}
	h.passed.own[all.last] = struct{}{}
	return all.last, nil
}

// HoldReference implements [script.References].
func (h *hostAPI) HoldReference(number int) {
	h.app.references.hold(number)
	h.app.references.move(h, []int{number})
}

// ReleaseReference implements [script.References].
func (h *hostAPI) ReleaseReference(number int) {
	all := &h.app.references
	all.mu.Lock()
	held := h.passed.held[number] > 0
	if held {
		h.passed.remove(number, 1)
	}
	all.mu.Unlock()
	if held {
		all.release(number)
	}
}

// DropReference implements [script.References].
func (h *hostAPI) DropReference(number int) {
	all := &h.app.references
	all.mu.Lock()
	defer all.mu.Unlock()
	all.dropLocked(number)
}

// remove removes holders of a reference.
func (t *referenceTable) remove(number, holders int) {
	if t.held[number] -= holders; t.held[number] <= 0 {
		delete(t.held, number)
	}
}

// hold adds a holder to a reference, if it has not ended.
func (all *references) hold(number int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if r := all.byNumber[number]; r != nil {
		r.holders++
	}
}

// release removes a holder of a reference.
func (all *references) release(number int) {
	all.mu.Lock()
	ended := all.releaseLocked(number)
	all.mu.Unlock()
	ended.released(number)
}

// releaseLocked removes a holder of a reference. If it was the last one, the reference ends, and releaseLocked returns it, because that has to be
// reported; otherwise nil.
func (all *references) releaseLocked(number int) *reference {
	r := all.byNumber[number]
	if r == nil {
		return nil
	}
	if r.holders--; r.holders > 0 {
		return nil
	}
	all.dropLocked(number)
	return r
}

// dropLocked ends a reference.
func (all *references) dropLocked(number int) {
	if r := all.byNumber[number]; r != nil {
		delete(all.byNumber, number)
		if r.imported != nil {
			delete(r.imported.session.imported, r.imported.number)
			return
		}
		delete(r.home.passed.own, number)
	}
}

// released reports to the script of a reference that it has no holders.
func (h *hostAPI) released(number int) {
	h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
		return h.caller.dispatchInTurn(&script.ReferenceReleased{Reference: number})
	}})
}

// move makes a script the holder of references that a parcel has held.
func (all *references) move(h *hostAPI, numbers []int) {
	if len(numbers) == 0 {
		return
	}
	all.mu.Lock()
	ended := h.passed.ended
	if !ended {
		if h.passed.held == nil {
			h.passed.held = map[int]int{}
		}
		for _, number := range numbers {
			h.passed.held[number]++
		}
	}
	all.mu.Unlock()
	if ended {
		for _, number := range numbers {
			all.release(number)
		}
	}
}

// end ends the references to something of a script, and releases those that it holds. Any goroutine may call it.
func (all *references) end(h *hostAPI) {
	all.mu.Lock()
	h.passed.ended = true
	for number := range h.passed.own {
		all.dropLocked(number)
	}
	released := map[int]*reference{}
	for number, holders := range h.passed.held {
		for range holders {
			if ended := all.releaseLocked(number); ended != nil {
				released[number] = ended
			}
		}
	}
	h.passed.held = nil
	all.mu.Unlock()
	for number, ended := range released {
		ended.released(number)
	}
}

// find returns a copy of a reference, and reports whether it has not ended.
func (all *references) find(number int) (reference, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	r := all.byNumber[number]
	if r == nil {
		return reference{}, false
	}
	return *r, true
}

// inUse reports whether other scripts can call something of this one.
func (all *references) inUse(h *hostAPI) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(h.passed.own) > 0
}

// referenced is a reference as the receiver of calls.
type referenced struct {
	all    *references
	number int
}

func (r referenced) done() {}

// call implements receiver.
func (r referenced) call(c script.Call) script.Event {
	return &script.ReferenceCall{Reference: r.number, Call: c}
}

// request implements receiver. References have no requests: a method fetch is called like others.
func (r referenced) request(*script.Request) script.Event { return nil }

// send implements receiver. The event is handled by the instance that has what the reference is to.
func (r referenced) send(e *event, c *cargo, err error) (failure string) {
	if err != nil {
		return lossOf(err)
	}
	found, ok := r.all.find(r.number)
	if !ok {
		return referenceBroken
	}
	if found.imported != nil {
		return found.imported.send(e, c)
	}
	e.reference = r.number
	switch {
	case found.object == nil:
		found.home.incoming.add(e)
	case !found.object.submitTo(&found.home.incoming, e):
		return objectOverloaded
	}
	return ""
}
