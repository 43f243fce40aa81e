package process

import (
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// progress knows what was sent to a child and is not handled yet, and ends a child that does not handle it in time. Its methods are safe
// for concurrent use.
type progress struct {
	limit time.Duration
	halt  func() *script.Interruption // has the child report how far it is, and returns where, nil if that is unknown
	end   func()                      // ends the child

	mu      sync.Mutex
	total   int64  // bytes sent
	done    int64  // bytes handled
	begun   int64  // total at the last mark
	events  int    // events of the batches in marks, and of the next one
	added   int    // events of the next batch
	marks   []mark // of batches that are not handled completely, the oldest first; one for each batch of at most window
	timer   *time.Timer
	armed   bool
	stopped bool
	where   *script.Interruption // where the child was when it was ended; nil before
}

// mark is the end of a batch and the time at which it was sent.
type mark struct {
	end    int64
	events int
	sent   time.Time
}

func newProgress(limit time.Duration, halt func() *script.Interruption, end func()) progress {
	return progress{limit: limit, halt: halt, end: end}
}

// sent counts bytes of the next batch, and returns the number of all bytes that were sent.
func (p *progress) sent(n int) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += int64(n)
	return p.total
}

// sentEvent counts an event of the next batch.
func (p *progress) sentEvent() {
	p.mu.Lock()
	p.events++
	p.added++
	p.mu.Unlock()
}

// begin records that the batch was sent at a time, from which the child has the limit to handle it.
func (p *progress) begin(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total == p.begun || p.stopped {
		return
	}
	p.begun = p.total
	p.marks = append(p.marks, mark{p.total, p.added, now})
	p.added = 0
	if !p.armed {
		p.arm(p.limit)
	}
}

// arm starts the timer. mu is held.
func (p *progress) arm(d time.Duration) {
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.check)
		return
	}
	p.timer.Reset(d)
}

// check ends the child if the oldest batch is overdue.
func (p *progress) check() {
	p.mu.Lock()
	p.armed = false
	if p.stopped || len(p.marks) == 0 {
		p.mu.Unlock()
		return
	}
	if rest := p.limit - time.Since(p.marks[0].sent); rest > 0 {
		p.arm(rest)
		p.mu.Unlock()
		return
	}
	p.stopped, p.where = true, &script.Interruption{}
	p.mu.Unlock()
	if where := p.halt(); where != nil {
		p.mu.Lock()
		p.where = where
		p.mu.Unlock()
	}
	p.end()
}

// handled records that the child has handled n other bytes, and returns the number of all bytes that it has handled.
func (p *progress) handled(n int, now time.Time) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = min(p.done+int64(n), p.total)
	i := 0
	for i < len(p.marks) && p.marks[i].end <= p.done {
		p.events -= p.marks[i].events
		i++
	}
	p.marks = p.marks[:copy(p.marks, p.marks[i:])]
	if len(p.marks) > 0 && n > 0 {
		p.marks[0].sent = now // the child makes progress
	}
	return p.done
}

// outstanding returns the number of bytes and of events that were sent and are not handled.
func (p *progress) outstanding() (bytes int64, events int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total - p.done, p.events
}

// hung returns where the child was when it was ended because it was late, and nil if it was not.
func (p *progress) hung() *script.Interruption {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.where
}

// stop ends the supervision.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
}
