package worker

import "time"

// burst handles an event. If it is a message, burst handles the messages of the connection that wait after it too, as long
// as each has ended in its turn, and for drainTime at most. What the script sends to the connection during a burst leaves
// in one write.
func (in *instance) burst(e *event) {
	if e.place == nil || e.overlaps || !e.completion.Followed() {
		in.worker.handled.Add(1)
		in.begin(e)
		return
	}
	e.socket.Together(func() {
		for began := time.Now(); e != nil; e = in.following(e, began) {
			in.worker.handled.Add(1)
			e.inBurst = true
			in.begin(e)
			e.inBurst = false
		}
	})
}

// following ends the event of a message, and returns that of the next one, nil at the end of the burst. began is the
// beginning of the burst.
func (in *instance) following(e *event, began time.Time) *event {
	switch {
	case !e.pendingEnd: // it has not ended in its turn
		return nil
	case in.dead || in.isStopping() || closed(in.retired) || e.place.isCut() || in.turnBegan.Sub(began) > drainTime:
		e.end()
		return nil
	}
	return e.next()
}

// next ends the event of a message, and returns that of the connection's next message, nil if there is none.
func (e *event) next() *event {
	if e.completed.Swap(true) {
		return nil
	}
	e.ended.Store(true)
	m, completion := e.completion.Next()
	if m == nil {
		return nil
	}
	next := newMessage(m, completion, e.place)
	next.claimed.Store(true)
	return next
}
