package survival

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// ledger records the messages of a client and their answers. Each message is answered once,
// in order, or logged as failed. If a message is answered before an earlier one, the earlier
// one must have been logged as failed before.
type ledger struct {
	sent     int           // the number of messages sent, and the number of the next one
	waiting  []entry       // the messages after the last answered one
	answered int           // the number of answers
	skipped  int           // the number of messages without an answer before the last answered one
	failed   int           // the number of messages that were logged as failed
	late     int           // the part of failed that may have answered, because it ran out of time or its process has ended
	partial  int           // the part of failed that may have saved its data, because its process has ended
	belated  int           // the number of answers of late that arrived after that of a later message
	longest  time.Duration // the longest time until an answer
}

// entry is a message that was sent.
type entry struct {
	number int
	at     time.Time
}

// recordSend records another message, and returns its number.
func (l *ledger) recordSend(now time.Time) int {
	l.waiting = append(l.waiting, entry{l.sent, now})
	l.sent++
	return l.sent - 1
}

// recordAnswer records the answer to a message. handled is the number of messages that the
// script had handled, which the answer contains. An unexpected answer is an error.
func (l *ledger) recordAnswer(number, handled int, now time.Time) error {
	i := slices.IndexFunc(l.waiting, func(e entry) bool { return e.number == number })
	if i < 0 && l.belated < l.late {
		l.belated++
		return nil
	}
	if i < 0 {
		return fmt.Errorf("message %d of %d is answered twice, or after a later one", number, l.sent)
	}
	l.longest = max(l.longest, now.Sub(l.waiting[i].at))
	l.waiting = append(l.waiting[:0], l.waiting[i+1:]...)
	l.answered++
	l.skipped += i
	switch {
	case l.skipped > l.failed:
		return fmt.Errorf("%d messages before message %d have no answer, but only %d were logged as failed", l.skipped, number, l.failed)
	case handled > l.answered+l.partial || handled < l.answered-l.late:
		return fmt.Errorf("data counts %d handled messages after message %d, but %d were answered", handled, number, l.answered)
	}
	return nil
}

// recordFailure records that a message was logged as failed. late means that it ran out of
// time, and partial that its process has ended.
func (l *ledger) recordFailure(late, partial bool) {
	l.failed++
	if late || partial {
		l.late++
	}
	if partial {
		l.partial++
	}
}

// balance returns an error unless each message was answered or logged as failed.
func (l *ledger) balance() error {
	if sum := l.answered + l.failed; sum < l.sent || sum > l.sent+l.late {
		return fmt.Errorf("of %d messages %d were answered and %d logged as failed", l.sent, l.answered, l.failed)
	}
	return nil
}

// unanswered returns the number of messages that are neither answered nor logged as failed.
func (l *ledger) unanswered() int { return len(l.waiting) - (l.failed - l.skipped) }

// hasPassed reports whether a message, or a later one, was answered.
func (l *ledger) hasPassed(number int) bool {
	return len(l.waiting) == 0 || l.waiting[0].number > number
}

func TestLedgerRecordAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		failed  int
		answers [][2]int // the number of the message, and that of handled messages
		wrong   bool
	}{
		"all answered in order":             {0, [][2]int{{0, 1}, {1, 2}, {2, 3}}, false},
		"one failed":                        {1, [][2]int{{0, 1}, {2, 2}}, false},
		"one lost":                          {0, [][2]int{{0, 1}, {2, 2}}, true},
		"two lost, and one logged":          {1, [][2]int{{0, 1}, {3, 2}}, true},
		"one answered twice":                {0, [][2]int{{0, 1}, {0, 2}}, true},
		"two answered in the wrong order":   {1, [][2]int{{1, 1}, {0, 2}}, true},
		"one handled twice":                 {0, [][2]int{{0, 1}, {1, 3}}, true},
		"data lost":                         {0, [][2]int{{0, 1}, {1, 1}}, true},
		"an answer to a message never sent": {0, [][2]int{{7, 1}}, true},
	} {
		l := ledger{failed: c.failed}
		for range 4 {
			l.recordSend(time.Time{})
		}
		var err error
		for _, a := range c.answers {
			if err == nil {
				err = l.recordAnswer(a[0], a[1], time.Time{})
			}
		}
		if (err != nil) != c.wrong {
			t.Errorf("%s: recordAnswer returns %v, expected an error: %v", name, err, c.wrong)
		}
	}
}
