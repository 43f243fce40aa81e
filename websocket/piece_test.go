package websocket

import (
	"math/rand/v2"
	"testing"
)

func numbered(n int) piece { return piece{data: []byte{byte(n), byte(n >> 8)}} }

func TestPiecesComeOutInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var q pieces
	in, out := 0, 0
	for range 10_000 {
		if r.IntN(2) == 0 {
			q.push(numbered(in))
			in++
			continue
		}
		if q.empty() != (in == out) {
			t.Fatalf("%d pieces wait, and the queue says that it is empty: %t", in-out, q.empty())
		}
		if q.empty() {
			continue
		}
		if got := q.pop(); string(got.data) != string(numbered(out).data) {
			t.Fatalf("piece %d must come out next; got % x", out, got.data)
		}
		out++
	}
}

func TestAQueueThatIsNeverEmptyDoesNotGrow(t *testing.T) {
	var q pieces
	q.push(piece{})
	for range 10_000 {
		q.push(piece{})
		q.pop()
	}
	if cap(q.items) > 16 {
		t.Errorf("a queue of two pieces must stay small; it has room for %d", cap(q.items))
	}
}

func TestAnEmptyQueueHoldsLittle(t *testing.T) {
	for n, kept := range map[int]bool{1: true, 100: false} {
		var q pieces
		for range n {
			q.push(numbered(n))
		}
		for range n {
			q.pop()
		}
		if (q.items != nil) != kept {
			t.Errorf("after %d pieces at once the array must be kept: %t; it has room for %d", n, kept, cap(q.items))
		}
		for _, p := range q.items[:cap(q.items)] {
			if p.data != nil {
				t.Error("what was taken must not be held any more")
			}
		}
	}
}
