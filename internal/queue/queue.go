// Package queue contains a bounded first-in, first-out queue that pauses its source while it is full.
package queue

// Limits bound a queue by the number of its items and by the sum of their sizes. A limit of 0 does not apply.
type Limits struct{ Items, Bytes int }

// A Queue returns items in the order in which they were added. It never refuses an item: its source asks [Queue.Pause]
// after adding one, and stops when that reports true, until [Queue.Resume] reports true. Resume needs half of each limit
// to be free, so that a source at the limit is not stopped and started for each item.
//
// The zero value is an empty queue. Its methods must not be called concurrently.
type Queue[T any] struct {
	entries []entry[T]
	first   int // index in entries of the first item
	bytes   int // sum of the sizes
	paused  bool
}

type entry[T any] struct {
	item T
	size int
}

// Push adds an item at the end. size is what it counts against Limits.Bytes.
func (q *Queue[T]) Push(item T, size int) {
	if len(q.entries) == cap(q.entries) && q.first > len(q.entries)/2 { // reuse the room of removed items
		n := copy(q.entries, q.entries[q.first:])
		clear(q.entries[n:])
		q.entries, q.first = q.entries[:n], 0
	}
	q.entries = append(q.entries, entry[T]{item, size})
	q.bytes += size
}

// Pop removes the first item and returns it with its size. It reports false if the queue is empty.
func (q *Queue[T]) Pop() (item T, size int, ok bool) {
	if q.Len() == 0 {
		return item, 0, false
	}
	e := q.entries[q.first]
	q.entries[q.first] = entry[T]{}
	q.bytes -= e.size
	if q.first++; q.first == len(q.entries) {
		q.entries, q.first = q.entries[:0], 0
	}
	return e.item, e.size, true
}

// Len returns the number of items.
func (q *Queue[T]) Len() int { return len(q.entries) - q.first }

// Bytes returns the sum of the sizes of the items.
func (q *Queue[T]) Bytes() int { return q.bytes }

// At returns the item that i calls of Pop precede. It panics unless i is less than Len.
func (q *Queue[T]) At(i int) T { return q.entries[q.first+i].item }

// Pause reports whether the source has to stop: a limit is reached and the source is not paused yet.
func (q *Queue[T]) Pause(l Limits) bool {
	full := l.Items > 0 && q.Len() >= l.Items || l.Bytes > 0 && q.bytes >= l.Bytes
	if q.paused || !full {
		return false
	}
	q.paused = true
	return true
}

// Resume reports whether the source may go on: it is paused, and no more than half of each limit is in use.
func (q *Queue[T]) Resume(l Limits) bool {
	if !q.paused || l.Items > 0 && q.Len() > l.Items/2 || l.Bytes > 0 && q.bytes > l.Bytes/2 {
		return false
	}
	q.paused = false
	return true
}

// Paused reports whether Pause has reported true and Resume has not since.
func (q *Queue[T]) Paused() bool { return q.paused }

// Trim releases the memory of an empty queue if it has room for more than the given number of items.
func (q *Queue[T]) Trim(items int) {
	if q.Len() == 0 && cap(q.entries) > items {
		q.entries = nil
	}
}
