package survival

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// outcome is the outcome of a request that makes the script send messages.
type outcome int

const (
	refused  outcome = iota // status 503: nothing was sent
	answered                // status 200: everything was sent
	failed                  // the event failed: the messages may or may not have been sent
)

// broadcastLog records the messages that the script publishes and sends on request. They
// are numbered from 0.
type broadcastLog struct {
	mu       sync.Mutex
	outcomes []outcome // by number
	to       []string  // by number: the id of the connection that also gets a direct message
}

// record adds the outcome of the next request.
func (b *broadcastLog) record(to string, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcomes, b.to = append(b.outcomes, o), append(b.to, to)
}

func (b *broadcastLog) count(o outcome) int {
	n := 0
	for _, one := range b.outcomes {
		if one == o {
			n++
		}
	}
	return n
}

// compare compares received numbers with the messages that were sent to a connection, or
// published if id is empty. It returns an error if a message is missing, unexpected, out of
// order or repeated.
func (b *broadcastLog) compare(received []int, id string) error {
	if !slices.IsSorted(received) || len(slices.Compact(slices.Clone(received))) < len(received) {
		return fmt.Errorf("messages arrive out of order or twice: %v", received)
	}
	for number, o := range b.outcomes {
		_, got := slices.BinarySearch(received, number)
		addressed := id == "" || b.to[number] == id
		switch {
		case o == answered && addressed && !got:
			return fmt.Errorf("message %d was sent and did not arrive", number)
		case got && (o == refused || !addressed):
			return fmt.Errorf("message %d was not sent and arrived", number)
		}
	}
	return nil
}

func TestBroadcastLogCompare(t *testing.T) {
	var b broadcastLog
	for _, o := range []outcome{answered, refused, failed, answered} {
		b.record("ann", o)
	}
	for _, c := range []struct {
		received []int
		id       string
		wrong    bool
	}{
		{[]int{0, 3}, "", false},
		{[]int{0, 2, 3}, "ann", false},
		{nil, "bob", false},
		{[]int{0}, "", true},
		{[]int{0, 1, 3}, "", true},
		{[]int{0, 3, 3}, "", true},
		{[]int{3, 0}, "", true},
		{[]int{0}, "bob", true},
	} {
		if err := b.compare(c.received, c.id); (err != nil) != c.wrong {
			t.Errorf("compare of %v for %q returns %v, expected an error: %v", c.received, c.id, err, c.wrong)
		}
	}
}
