package survival

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// ledger is what a client knows of its messages. Each is answered once, in order, or is
// reported as failed; what an answer passes over has been reported before.
type ledger struct {
	sent     int // the number of the next one
	waiting  []entry
	answered int
	passed   int // over by a later answer
	failed   int // as the log says
	late     int // of those, how many were cut off for their time alone: one may have answered, or have saved its data
	longest  time.Duration
}

type entry struct {
	number int
	at     time.Time
}

// send notes another message, and returns its number.
func (l *ledger) send(now time.Time) int {
	l.waiting = append(l.waiting, entry{l.sent, now})
	l.sent++
	return l.sent - 1
}

// answer notes an answer, which says how many messages were handled before it and with
// it. The error tells which promise it breaks.
func (l *ledger) answer(number, handled int, now time.Time) error {
	i := slices.IndexFunc(l.waiting, func(e entry) bool { return e.number == number })
	if i < 0 {
		return fmt.Errorf("a message is answered once, after those before it; %d of %d was answered again or too late", number, l.sent)
	}
	l.longest = max(l.longest, now.Sub(l.waiting[i].at))
	l.waiting = append(l.waiting[:0], l.waiting[i+1:]...)
	l.answered++
	l.passed += i
	switch {
	case l.passed > l.failed:
		return fmt.Errorf("a message without an answer is reported as failed; before %d there are %d, and %d reports", number, l.passed, l.failed)
	case handled > l.answered || handled < l.answered-l.late:
		return fmt.Errorf("data counts the messages that were handled; with %d it counts %d, and %d were answered", number, handled, l.answered)
	}
	return nil
}

// fail notes that a message is reported as failed.
func (l *ledger) fail(late bool) {
	l.failed++
	if late {
		l.late++
	}
}

// balance tells what is wrong when nothing is open any more.
func (l *ledger) balance() error {
	if sum := l.answered + l.failed; sum < l.sent || sum > l.sent+l.late {
		return fmt.Errorf("each message is answered or reported as failed; %d were sent, %d answered, and %d reported", l.sent, l.answered, l.failed)
	}
	return nil
}

// open returns how many messages are neither answered nor reported as failed.
func (l *ledger) open() int { return len(l.waiting) - (l.failed - l.passed) }

// over tells whether a message, or one after it, was answered.
func (l *ledger) over(number int) bool { return len(l.waiting) == 0 || l.waiting[0].number > number }

func TestALedgerFindsWhatWentWrong(t *testing.T) {
	for what, c := range map[string]struct {
		failed  int
		answers [][2]int // number and count
		wrong   bool
	}{
		"all is well":                    {0, [][2]int{{0, 1}, {1, 2}, {2, 3}}, false},
		"one has failed":                 {1, [][2]int{{0, 1}, {2, 2}}, false},
		"one is lost":                    {0, [][2]int{{0, 1}, {2, 2}}, true},
		"two are lost, and one reported": {1, [][2]int{{0, 1}, {3, 2}}, true},
		"one is answered twice":          {0, [][2]int{{0, 1}, {0, 2}}, true},
		"two change places":              {1, [][2]int{{1, 1}, {0, 2}}, true},
		"one was handled twice":          {0, [][2]int{{0, 1}, {1, 3}}, true},
		"data were forgotten":            {0, [][2]int{{0, 1}, {1, 1}}, true},
		"one was never sent":             {0, [][2]int{{7, 1}}, true},
	} {
		l := ledger{failed: c.failed}
		for range 4 {
			l.send(time.Time{})
		}
		var err error
		for _, a := range c.answers {
			if err == nil {
				err = l.answer(a[0], a[1], time.Time{})
			}
		}
		if (err != nil) != c.wrong {
			t.Errorf("%s: an error is expected: %v; got %v", what, c.wrong, err)
		}
	}
}
