package upgrade

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// span is a period of time.
type span struct{ from, to time.Time }

// overlaps reports whether two periods have a moment in common.
func (s span) overlaps(other span) bool { return !s.from.After(other.to) && !other.from.After(s.to) }

// spans records the periods in which events may fail, because an engine has ended.
type spans struct {
	mu  sync.Mutex
	all []span
}

// begin records the beginning of a period, and returns a function that records its end.
func (s *spans) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := len(s.all)
	s.all = append(s.all, span{time.Now(), time.Now().Add(time.Hour)})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all[i].to = time.Now()
	}
}

// excuses returns how many of the periods overlap with a period.
func (s *spans) excuses(of span) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if one.overlaps(of) {
			n++
		}
	}
	return n
}

// ledger records the numbered messages of a connection and their answers. Each message is answered once, in order. One whose event
// has failed, as an engine has ended, is not answered.
type ledger struct {
	sent     int     // the number of messages, and the number of the next one
	waiting  []entry // the messages after the last answered one
	answered int
	skipped  []span        // from the sending of a message that is not answered until the answer to a later one
	longest  time.Duration // the longest time until an answer
	gaps     []gap         // the times until an answer, if they are recorded
}

// entry is a message that was sent.
type entry struct {
	number int
	at     time.Time
}

// gap is the time until an answer.
type gap struct {
	at   time.Time // of the message
	took time.Duration
}

// send records another message and returns its number.
func (l *ledger) send(now time.Time) int {
	l.waiting = append(l.waiting, entry{l.sent, now})
	l.sent++
	return l.sent - 1
}

// answer records the answer to a message, with the number of messages that the connection's data counts. slack is by how much the
// count may differ, because engines have ended between an answer and the end of its event.
func (l *ledger) answer(number, handled, slack int, now time.Time) error {
	i := slices.IndexFunc(l.waiting, func(e entry) bool { return e.number == number })
	if i < 0 {
		return fmt.Errorf("message %d of %d is answered twice or after a later one", number, l.sent)
	}
	for _, e := range l.waiting[:i] {
		l.skipped = append(l.skipped, span{e.at, now})
	}
	took := now.Sub(l.waiting[i].at)
	l.longest = max(l.longest, took)
	l.gaps = append(l.gaps, gap{l.waiting[i].at, took})
	l.waiting = append(l.waiting[:0], l.waiting[i+1:]...)
	l.answered++
	if off := handled - l.answered; off < -slack || off > slack {
		return fmt.Errorf("data counts %d messages after the answer to message %d, expected %d", handled, number, l.answered)
	}
	return nil
}

// balance returns an error unless each message was answered, or its event may have failed with an engine. An engine ends one
// event of a connection.
func (l *ledger) balance(failing *spans) error {
	if len(l.waiting) > 0 {
		return fmt.Errorf("the last %d of %d messages are not answered", len(l.waiting), l.sent)
	}
	for _, s := range l.skipped {
		if failing.excuses(s) == 0 {
			return fmt.Errorf("a message that was sent at %v is not answered, and no engine has ended until %v", s.from.Format(clock), s.to.Format(clock))
		}
	}
	return nil
}

// clock is a format of times that can be compared with the log.
const clock = "15:04:05.000"

func TestLedger(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	for name, c := range map[string]struct {
		failing []span
		answers [][2]int // the number of a message and the count in data; message i is sent at second i, answered at 10+i
		wrong   bool
	}{
		"all in order":               {nil, [][2]int{{0, 1}, {1, 2}, {2, 3}}, false},
		"lost":                       {nil, [][2]int{{0, 1}, {2, 2}}, true},
		"the last one is lost":       {nil, [][2]int{{0, 1}, {1, 2}}, true},
		"doubled":                    {nil, [][2]int{{0, 1}, {0, 2}, {1, 2}, {2, 3}}, true},
		"out of order":               {nil, [][2]int{{1, 1}, {0, 2}, {2, 3}}, true},
		"data forgotten":             {nil, [][2]int{{0, 1}, {1, 1}, {2, 2}}, true},
		"an engine ends":             {[]span{{at(2), at(3)}}, [][2]int{{0, 1}, {2, 2}}, false},
		"an engine has ended before": {[]span{{at(0), at(0)}}, [][2]int{{0, 1}, {2, 2}}, true},
	} {
		var l ledger
		for i := range 3 {
			l.send(at(i))
		}
		var err error
		for _, a := range c.answers {
			if err == nil {
				err = l.answer(a[0], a[1], 0, at(10+a[0]))
			}
		}
		if err == nil {
			err = l.balance(&spans{all: c.failing})
		}
		if (err != nil) != c.wrong {
			t.Errorf("%s: the error is %v, expected one: %v", name, err, c.wrong)
		}
	}
}
