package queue

import (
	"math/rand/v2"
	"testing"
)

func TestQueuePopReturnsItemsInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q Queue[int]
	pushed, popped := 0, 0
	for range 10_000 {
		if random.IntN(2) == 0 {
			q.Push(pushed, 1)
			pushed++
			continue
		}
		item, _, ok := q.Pop()
		if ok != (pushed > popped) {
			t.Fatalf("%d items wait, and Pop reports %t", pushed-popped, ok)
		}
		if !ok {
			continue
		}
		if item != popped {
			t.Fatalf("item %d is the next; got %d", popped, item)
		}
		popped++
		if q.Len() != pushed-popped || q.bytes != pushed-popped {
			t.Fatalf("%d items of one byte wait; the length is %d, and the bytes are %d", pushed-popped, q.Len(), q.bytes)
		}
	}
}

func TestQueueAtReturnsWhatPopWill(t *testing.T) {
	var q Queue[string]
	for _, item := range []string{"removed", "a", "b", "c"} {
		q.Push(item, len(item))
	}
	_, size, _ := q.Pop()
	if size != len("removed") {
		t.Errorf("Pop returns the size that Push was given; got %d", size)
	}
	for i, want := range []string{"a", "b", "c"} {
		if got := q.At(i); got != want {
			t.Errorf("item %d is %q; got %q", i, want, got)
		}
	}
}

func TestQueuePauseAndResume(t *testing.T) {
	for name, c := range map[string]struct {
		limits  Limits
		size    int
		pauses  int // at this number of items
		resumes int
	}{
		"items":                    {Limits{Items: 4}, 100, 4, 2},
		"an odd number of items":   {Limits{Items: 5}, 0, 5, 2},
		"one item":                 {Limits{Items: 1}, 0, 1, 0},
		"bytes":                    {Limits{Bytes: 40}, 10, 4, 2},
		"bytes between two items":  {Limits{Bytes: 35}, 10, 4, 1},
		"one large item":           {Limits{Bytes: 5}, 10, 1, 0},
		"items before bytes":       {Limits{Items: 2, Bytes: 100}, 10, 2, 1},
		"bytes before items":       {Limits{Items: 100, Bytes: 20}, 10, 2, 1},
		"both are to be half free": {Limits{Items: 4, Bytes: 100}, 30, 4, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var q Queue[int]
			for range 3 { // the state after Resume is the state at the beginning
				for n := q.Len() + 1; n <= c.pauses+2; n++ {
					q.Push(n, c.size)
					if paused := q.Pause(c.limits); paused != (n == c.pauses) {
						t.Errorf("with %d items Pause reports %t; the limit is reached with %d", n, paused, c.pauses)
					}
					if q.Paused() != (n >= c.pauses) {
						t.Errorf("with %d items the source is paused: %t", n, q.Paused())
					}
				}
				for n := q.Len() - 1; n >= c.resumes; n-- {
					q.Pop()
					if resumed := q.Resume(c.limits); resumed != (n == c.resumes) {
						t.Errorf("with %d items left Resume reports %t; half is free with %d", n, resumed, c.resumes)
					}
				}
				if q.Paused() || q.Resume(c.limits) {
					t.Error("a source that has resumed is not paused")
				}
			}
		})
	}
}

func TestQueueWithoutLimitsNeverPauses(t *testing.T) {
	var q Queue[int]
	for range 10_000 {
		if q.Push(0, 1000); q.Pause(Limits{}) {
			t.Fatal("a limit of 0 does not apply")
		}
	}
}

func TestQueueMemory(t *testing.T) {
	t.Run("a queue that is never empty does not grow", func(t *testing.T) {
		var q Queue[int]
		q.Push(0, 0)
		for range 10_000 {
			q.Push(0, 0)
			q.Pop()
		}
		if cap(q.entries) > 16 {
			t.Errorf("a queue of two items stays small; it has room for %d", cap(q.entries))
		}
	})
	t.Run("what was removed is not retained", func(t *testing.T) {
		var q Queue[*int]
		for range 100 {
			q.Push(new(int), 0)
		}
		for range 100 {
			q.Pop()
		}
		for _, e := range q.entries[:cap(q.entries)] {
			if e.item != nil {
				t.Fatal("the queue retains an item that Pop has returned")
			}
		}
	})
	t.Run("what was removed is not retained by a queue that is never empty", func(t *testing.T) {
		var q Queue[*int]
		for range 8 {
			q.Push(new(int), 0)
		}
		for range 6 {
			q.Pop()
		}
		q.Push(new(int), 0) // reuses the room of removed items
		retained := 0
		for _, e := range q.entries[:cap(q.entries)] {
			if e.item != nil {
				retained++
			}
		}
		if retained != q.Len() || cap(q.entries) != 8 {
			t.Errorf("the queue keeps its %d items in the room for 8; it retains %d, with room for %d", q.Len(), retained, cap(q.entries))
		}
	})
	t.Run("Trim", func(t *testing.T) {
		for items, released := range map[int]bool{1: false, 8: false, 100: true} {
			var q Queue[int]
			for range items {
				q.Push(0, 0)
			}
			if q.Trim(8); q.Len() != items {
				t.Errorf("Trim leaves a queue of %d items alone; it has %d", items, q.Len())
			}
			for range items {
				q.Pop()
			}
			if q.Trim(8); (q.entries == nil) != released {
				t.Errorf("after %d items at once the memory is released: %t; there is room for %d", items, released, cap(q.entries))
			}
		}
	})
	t.Run("a queue that is filled and emptied again and again allocates once", func(t *testing.T) {
		var q Queue[int]
		allocations := testing.AllocsPerRun(100, func() {
			for range 8 {
				q.Push(0, 0)
			}
			for range 8 {
				q.Pop()
			}
			q.Trim(8)
		})
		if allocations != 0 {
			t.Errorf("it allocates %v times a round", allocations)
		}
	})
}
