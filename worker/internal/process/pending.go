package process

import "slices"

// pending has the events that were sent to a child and are not handled, in order. Their number is bounded by maxEvents and the posts
// and answers for which no room is needed.
type pending struct {
	events []pendingEvent
	halted bool // the child handles nothing further
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

// unbegun returns the numbers of the events of which the application has not seen anything.
func (p *pending) unbegun() (ids []int) {
	if !p.halted {
		return nil
	}
	for _, e := range p.events {
		if e.id != 0 {
			ids = append(ids, e.id)
		}
	}
	return ids
}
