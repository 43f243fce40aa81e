package linger

import (
	"bytes"
	"sync"
)

// overlap joins what two processes of a node receive from other nodes while both are subscribed, during a hand-over. What the old process
// has received it passes on, and this one delivers it. What arrives here is kept until the old process has given up; then what that has not
// passed on is delivered. So each publication is delivered once, those of a publisher in order.
type overlap struct {
	mu      sync.Mutex
	ended   bool                           // the old process has given up
	passed  map[publicationID]struct{}     // were passed on, and have not arrived; at most maxPassed
	kept    []*publication                 // have arrived, and were not passed on; nil once they were
	index   map[publicationID]*publication // of those in kept
	bytes   int                            // of those in index; at most maxHeld
	dropped int                            // publications beyond these bounds
}

// publicationID identifies a publication in the cluster.
type publicationID struct{ incarnation, sequence uint64 }

// maxPassed bounds the publications that the old process has passed on and that have not arrived here. It is some seconds of traffic.
const maxPassed = 1 << 20

func newOverlap() *overlap {
	return &overlap{passed: map[publicationID]struct{}{}, index: map[publicationID]*publication{}}
}

// arrived reports whether a publication that has arrived is to be delivered now.
func (o *overlap) arrived(p publication) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, passed := o.passed[p.publicationID]; passed {
		delete(o.passed, p.publicationID)
		return false
	}
	if o.ended {
		return true
	}
	if o.bytes+p.size() > maxHeld {
		o.dropped++
		return false
	}
	p.Data = bytes.Clone(p.Data)
	o.kept = append(o.kept, &p)
	o.index[p.publicationID] = &p
	o.bytes += p.size()
	return false
}

// passOn reports whether a publication that the old process has passed on is to be delivered.
func (o *overlap) passOn(id publicationID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return false
	}
	if p := o.index[id]; p != nil {
		delete(o.index, id)
		o.bytes -= p.size()
		p.Data = nil
		return true
	}
	if len(o.passed) >= maxPassed {
		o.dropped++
		return true
	}
	o.passed[id] = struct{}{}
	return true
}

// end delivers what was not passed on. What arrives meanwhile waits. It returns the number of publications that may be lost or delivered
// twice, because there were too many.
func (o *overlap) end(deliver func(publication)) (dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	for _, p := range o.kept {
		if o.index[p.publicationID] == p {
			deliver(*p)
		}
	}
	o.kept, o.index, o.bytes = nil, nil, 0
	return o.dropped
}

// size returns what a publication counts while it is kept.
func (p *publication) size() int { return len(p.Data) + opOverhead }
