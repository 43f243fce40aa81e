package worker

import "time"

// burst handles an event and, if it is a message, the messages of its connection that have come after it, as long as each
// is done at the end of its turn, and for drainTime at most. What the script sends to the connection for them leaves in
// one write.
func (in *instance) burst(e *event) {
	if e.seat == nil || e.overlaps || !e.completion.Followed() {
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

// following returns the message after one that is done, and nil at the end of the burst, which began at the given time.
func (in *instance) following(e *event, began time.Time) *event {
	switch {
	case !e.over:
		return nil // its end completes it
	case in.dead || in.stopped() || closed(in.retired) || e.seat.isCut() || in.turnBegan.Sub(began) > drainTime:
		e.end()
		return nil
	}
	return e.next()
}

// next ends the event of a message that is done, and returns that of the connection's next message, nil if none has come.
func (e *event) next() *event {
	if e.passed.Swap(true) {
		return nil
	}
	e.ended.Store(true)
	m, completion := e.completion.Next()
	if m == nil {
		return nil
	}
	next := newMessage(m, completion, e.seat)
	next.claimed.Store(true)
	return next
}
