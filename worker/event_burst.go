package worker

import (
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// handleBurst handles an event. After a message it also handles the messages that wait on the same connection, as long as each
// ends in its turn, and for drainTime at most. What the script sends to the connection during a burst leaves in one write.
func (in *instance) handleBurst(e *event) {
	if m, ok := e.input.(*script.HibernatableMessage); ok && e.completion != nil && !e.completed.Load() && e.completion.Followed() {
		in.handleObjectBurst(e, in.app.objects.hibernatables.find(m.Socket))
		return
	}
	if e.assignment == nil || e.overlaps || !e.completion.Followed() {
		in.worker.handledCount.Add(1)
		in.beginEvent(e)
		return
	}
	if in.runtime.Series() {
		in.worker.handledCount.Add(e.includeFollowing())
		in.beginEvent(e)
		return
	}
	e.socket.Together(func() {
		for began := time.Now(); e != nil; e = in.nextInBurst(e, began) {
			in.worker.handledCount.Add(1)
			e.inBurst = true
			in.beginEvent(e)
			e.inBurst = false
		}
	})
}

// handleObjectBurst is handleBurst for the messages of a hibernatable WebSocket, nil if it has ended. The next message begins when the handler has
// returned, though its promise may be pending.
func (in *instance) handleObjectBurst(e *event, s *hibernatable) {
	e.socket.Together(func() {
		for began := time.Now(); e != nil; {
			in.worker.handledCount.Add(1)
			e.inBurst = true
			in.beginEvent(e)
			e.inBurst = false
			last := e
			if e = nil; s != nil && !in.mustYield(began) {
				e = s.nextMessage(in, last)
			}
			last.complete()
			if last.endPending {
				last.finish()
			}
		}
	})
}

// mustYield reports whether a burst that has begun at a time must end.
func (in *instance) mustYield(began time.Time) bool {
	return in.unusable || in.isStopping() || closed(in.retired) || in.turnBegan.Sub(began) > drainTime
}

// nextInBurst ends the event of a message and returns that of the next message, nil at the end of the burst. began is the
// beginning of the burst.
func (in *instance) nextInBurst(e *event, began time.Time) *event {
	switch {
	case !e.endPending: // the event continues after its turn
		return nil
	case in.mustYield(began) || e.assignment.isAborted():
		e.end()
		return nil
	}
	return e.nextMessage()
}

// Bounds of the messages that one event includes, beyond the first. More of them cost hardly less each.
const (
	maxIncluded      = 31
	maxIncludedBytes = 32 << 10
)

// includeFollowing makes the messages that wait on the connection parts of the event of a message, within the bounds, and returns
// their number, the first included.
func (e *event) includeFollowing() uint64 {
	m, isMessage := e.input.(*script.Message)
	for size := 0; isMessage && len(m.Following) < maxIncluded && size < maxIncludedBytes; {
		next := e.completion.Include()
		if next == nil {
			break
		}
		m.Following = append(m.Following, next.Payload)
		size += len(next.Data)
	}
	return uint64(e.messages()) //nolint:gosec // is positive
}

// messages returns the number of messages that the event has, 1 for another event.
func (e *event) messages() int {
	if m, isMessage := e.input.(*script.Message); isMessage {
		return 1 + len(m.Following)
	}
	return 1
}

// skip removes the first messages of a series that has more.
func (e *event) skip(n int) {
	m, _ := e.input.(*script.Message)
	e.input = &script.Message{Connection: m.Connection, Payload: m.Following[n-1], Following: m.Following[n:]}
}

// nextMessage ends the event of a message and returns that of the connection's next message, nil if there is none.
func (e *event) nextMessage() *event {
	if e.completed.Swap(true) {
		return nil
	}
	e.ended.Store(true)
	m, completion := e.completion.Next()
	if m == nil {
		return nil
	}
	next := newMessage(m, completion, e.assignment)
	next.claimed.Store(true)
	return next
}
