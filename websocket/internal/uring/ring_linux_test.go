package uring_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

func TestAvailable(t *testing.T) {
	if err := uring.Available(); err != nil {
		t.Fatal(err)
	}
}

func TestNewRefusesSizes(t *testing.T) {
	for _, entries := range []int{math.MinInt, -1, 0, 3, 48, 4097, 8192, 1 << 30} {
		if _, err := uring.New(entries); err == nil || !strings.Contains(err.Error(), "not a power of two between 1 and 4096") {
			t.Errorf("New(%d) returns the error %v", entries, err)
		}
	}
}

func TestRingOfAnySize(t *testing.T) {
	from, to := newTCPPair(t)
	for entries := 1; entries <= 4096; entries *= 2 {
		r := newRing(t, entries)
		if r.Cap() != entries || r.Len() != 0 {
			t.Errorf("New(%d) returns a ring with room for %d and with %d queued", entries, r.Cap(), r.Len())
		}
		for round := range 5 { // the queues begin again at their first entry
			var want []byte
			for i := range entries {
				text := fmt.Appendf(nil, "%d.%d ", round, i)
				want = append(want, text...)
				r.Send(from, text, 0)
				if r.Len() != i+1 {
					t.Fatalf("Len is %d after %d operations", r.Len(), i+1)
				}
			}
			submit(t, r)
			if got := readAll(t, to, len(want)); !bytes.Equal(got, want) {
				t.Errorf("with a full ring of %d, the peer receives %.200q, expected %.200q", entries, got, want)
			}
		}
		_ = r.Close()
	}
}

func TestManyConnections(t *testing.T) {
	const connections, rounds = 64, 50
	r := newRing(t, connections)
	var from, to []int32
	for range connections / 2 {
		a, b := newTCPPair(t)
		from, to = append(from, a, b), append(to, b, a)
	}
	for round := range rounds {
		exchange(t, r, from, to, numbered(round))
	}
}

// Sends and receives that one Submit carries out are carried out in the order in which they were queued.
func TestOrderWithinOneSubmit(t *testing.T) {
	from, to := newPair(t)
	r := newRing(t, 64)
	early, late, rest := make([]byte, 10), make([]byte, 3), make([]byte, 10)
	r.Receive(to, early)
	r.Send(from, []byte("one"), 0)
	r.Send(from, []byte("two"), 0)
	r.Receive(to, late)
	r.Send(from, []byte("three"), 0)
	r.Receive(to, rest)
	submit(t, r)
	wantResult(t, r, 0, 0, unix.EAGAIN)
	wantResult(t, r, 1, 3, 0)
	wantResult(t, r, 2, 3, 0)
	wantResult(t, r, 3, 3, 0)
	wantResult(t, r, 4, 5, 0)
	wantResult(t, r, 5, 8, 0)
	if got := string(late) + string(rest[:8]); got != "onetwothree" {
		t.Errorf("the peer receives %q", got)
	}
}

// Messages of a sequence that several operations of one Submit send are the peer's input in this order, whatever fits.
func TestRandomOperations(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const pairs = 8
	r := newRing(t, 32)
	var from, to [pairs]int32
	var sent, received [pairs]int // the number of bytes; the byte at position n is content(i, n)
	for i := range pairs {
		from[i], to[i] = newTCPPair(t)
	}
	content := func(pair, position int) byte { return byte(pair + position*7 + position>>8) }
	type queued struct {
		pair, size int
		buffer     []byte // of a Receive
	}
	for range 1000 {
		var operations []queued
		sending := [pairs]bool{}
		for range random.IntN(r.Cap() + 1) {
			pair, size := random.IntN(pairs), 1+random.IntN(30_000)
			switch {
			case random.IntN(2) == 0:
				buffer := make([]byte, size)
				r.Receive(to[pair], buffer)
				operations = append(operations, queued{pair, size, buffer})
			case !sending[pair]:
				sending[pair] = true // after a short send, the next bytes would have to be others
				p := make([]byte, size)
				for i := range p {
					p[i] = content(pair, sent[pair]+i)
				}
				r.Send(from[pair], p, 0)
				operations = append(operations, queued{pair, size, nil})
			}
		}
		submit(t, r)
		for i, o := range operations {
			n, errno := r.Result(i)
			switch {
			case errno == unix.EAGAIN:
			case errno != 0 || n <= 0 || n > o.size:
				t.Fatalf("an operation with %d bytes has the result %d and %q", o.size, n, message(errno))
			case o.buffer == nil:
				sent[o.pair] += n
			default:
				for k, got := range o.buffer[:n] {
					if want := content(o.pair, received[o.pair]+k); got != want {
						t.Fatalf("byte %d of pair %d is %d, expected %d", received[o.pair]+k, o.pair, got, want)
					}
				}
				received[o.pair] += n
			}
		}
	}
	for i := range pairs {
		readAll(t, to[i], sent[i]-received[i])
	}
}

func TestEmptySubmit(t *testing.T) {
	r := newRing(t, 4)
	submit(t, r)
	from, to := newPair(t)
	exchange(t, r, []int32{from}, []int32{to}, numbered(0))
	submit(t, r)
}
