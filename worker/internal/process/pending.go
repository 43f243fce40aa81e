package process

import (
	"math"
	"slices"
)

// pending has the events that were sent to a child and are not handled, in order. Their number is bounded by maxEvents and the posts
// and answers for which no room is needed.
type pending struct {
	events  []pendingEvent
	halted  bool        // the child handles nothing further
	reached map[int]int // how many messages of each series in progress have begun, once the child has halted
}

// pendingEvent is an event with the position of its end in what was sent.
type pendingEvent struct {
	id  int // 0 for a post or an answer
	end int64
}

// add adds an event that ends at a position.
func (p *pending) add(id int, end int64) { p.events = append(p.events, pendingEvent{id, end}) }

// remove removes the events up to a position.
func (p *pending) remove(position int64) {
	n := 0
	for n < len(p.events) && p.events[n].end <= position {
		n++
	}
	p.events = p.events[:copy(p.events, p.events[n:])]
}

// has reports whether an event is not handled.
func (p *pending) has(id int) bool {
	return slices.ContainsFunc(p.events, func(e pendingEvent) bool { return e.id == id })
}

// halt records that the child handles nothing further. begun is whether the application has begun to handle the first event.
func (p *pending) halt(begun bool) {
	p.halted = true
	if begun && len(p.events) > 0 {
		p.events = p.events[1:]
	}
}

// reach records how many messages of a series have begun.
func (p *pending) reach(id, n int) {
	if p.reached == nil {
		p.reached = map[int]int{}
	}
	if len(p.reached) < maxReached {
		p.reached[id] = n
	}
}

// maxReached bounds the series of messages that a child reports to be in progress.
const maxReached = 1 << 16

// begun returns how many messages of an event have begun; 0 for an event that has not begun, and more than there are if that is not known.
func (p *pending) begun(id int) int {
	if p.halted && p.has(id) {
		return 0
	}
	if n, ok := p.reached[id]; ok && p.halted {
		return n
	}
	return math.MaxInt
}
