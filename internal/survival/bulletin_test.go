package survival

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// outcome is what became of a request that has the script send something.
type outcome int

const (
	refused  outcome = iota // with 503: nothing was sent
	answered                // all was sent
	failed                  // its event failed: nobody knows
)

// bulletin is what the script sends by itself, under numbers from 0.
type bulletin struct {
	mu       sync.Mutex
	outcomes []outcome
	to       []string // whom it addressed beside all
}

func (b *bulletin) add(to string, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcomes, b.to = append(b.outcomes, o), append(b.to, to)
}

func (b *bulletin) count(o outcome) int {
	n := 0
	for _, one := range b.outcomes {
		if one == o {
			n++
		}
	}
	return n
}

// compare tells how what somebody heard differs from what was sent to him: once each, in
// order. The empty name stands for all.
func (b *bulletin) compare(heard []int, name string) error {
	if !slices.IsSorted(heard) || len(slices.Compact(slices.Clone(heard))) < len(heard) {
		return fmt.Errorf("what is sent arrives once, in order; got %v", heard)
	}
	for number, o := range b.outcomes {
		_, got := slices.BinarySearch(heard, number)
		mine := name == "" || b.to[number] == name
		switch {
		case o == answered && mine && !got:
			return fmt.Errorf("what is sent arrives; %d did not", number)
		case got && (o == refused || !mine):
			return fmt.Errorf("what is not sent does not arrive; %d did", number)
		}
	}
	return nil
}

func TestABulletinFindsWhatWentWrong(t *testing.T) {
	var b bulletin
	for _, o := range []outcome{answered, refused, failed, answered} {
		b.add("ann", o)
	}
	for _, c := range []struct {
		heard []int
		name  string
		wrong bool
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
		if err := b.compare(c.heard, c.name); (err != nil) != c.wrong {
			t.Errorf("%q heard %v; an error is expected: %v; got %v", c.name, c.heard, c.wrong, err)
		}
	}
}
