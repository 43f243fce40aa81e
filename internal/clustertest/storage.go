package clustertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/replica"
)

// Store tests a store, by the connections of two nodes to it.
func Store(t *testing.T, a, b lease.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := a.Get(ctx, "object/C/1")
	expect(t, "Get of a key without entry", err, lease.ErrNotFound)
	first, err := a.Create(ctx, "object/C/1", []byte("one"))
	check(t, err)
	_, err = b.Create(ctx, "object/C/1", []byte("two"))
	expect(t, "Create of an entry that exists", err, lease.ErrConflict)
	if e, err := b.Get(ctx, "object/C/1"); err != nil || string(e.Value) != "one" || e.Revision != first || e.Key != "object/C/1" {
		t.Fatalf("Get returns %+v with error %v, expected the value one of revision %d", e, err, first)
	}
	second, err := b.Update(ctx, "object/C/1", []byte("two"), first)
	check(t, err)
	if second <= first {
		t.Errorf("revision %d follows %d, expected a higher one", second, first)
	}
	_, err = a.Update(ctx, "object/C/1", []byte("three"), first)
	expect(t, "Update of an old revision", err, lease.ErrConflict)
	expect(t, "Delete of an old revision", a.Delete(ctx, "object/C/1", first), lease.ErrConflict)
	check(t, a.Delete(ctx, "object/C/1", second))
	expect(t, "a second Delete", a.Delete(ctx, "object/C/1", second), lease.ErrConflict)
	_, err = b.Get(ctx, "object/C/1")
	expect(t, "Get after Delete", err, lease.ErrNotFound)
	_, err = b.Update(ctx, "object/C/1", nil, second)
	expect(t, "Update after Delete", err, lease.ErrConflict)
	third, err := b.Create(ctx, "object/C/1", []byte("three"))
	check(t, err)
	if third <= second {
		t.Errorf("revision %d follows %d, expected a higher one", third, second)
	}
	check(t, b.Delete(ctx, "object/C/1", third))
	odd := "A-z_0=/.x/=2E//" + strings.Repeat("k", 100)
	_, err = a.Create(ctx, odd, nil)
	check(t, err)
	if e, err := b.Get(ctx, odd); err != nil || e.Key != odd || len(e.Value) != 0 {
		t.Errorf("Get of %q returns %+v with error %v", odd, e, err)
	}
	t.Run("Watch", func(t *testing.T) { testWatch(ctx, t, a, b) })
	cancel()
	_, err = a.Get(ctx, "object/C/1")
	expect(t, "Get after the end of its context", err, context.Canceled)
}

// testWatch watches entries that exist, and changes.
func testWatch(ctx context.Context, t *testing.T, a, b lease.Store) {
	for _, key := range []string{"node/a", "node/b", "node.c", "nodes"} {
		_, err := a.Create(ctx, key, []byte("0"))
		check(t, err)
	}
	watchCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan string, 100)
	check(t, b.Watch(watchCtx, "node/", func(e lease.Entry) {
		events <- fmt.Sprint(e.Key, " ", string(e.Value), " ", e.Deleted)
	}, func() { events <- "current" }))
	one, two := receive(t, events), receive(t, events)
	if one != "node/a 0 false" || two != "node/b 0 false" {
		t.Errorf("the watch begins with %q and %q, expected the entries of a and b", one, two)
	}
	if got := receive(t, events); got != "current" {
		t.Errorf("the entries are followed by %q, expected current", got)
	}
	e, err := a.Get(ctx, "node/a")
	check(t, err)
	reports := func(want string) { // of changes that follow each other at once, only the last may be reported
		t.Helper()
		if got := receive(t, events); got != want {
			t.Errorf("the watch reports %q, expected %q", got, want)
		}
	}
	revision, err := a.Update(ctx, "node/a", []byte("1"), e.Revision)
	check(t, err)
	reports("node/a 1 false")
	check(t, a.Delete(ctx, "node/a", revision))
	reports("node/a  true")
	_, err = b.Create(ctx, "node/c", []byte("2"))
	check(t, err)
	reports("node/c 2 false")
}

// Log tests a log, by the connections of two nodes to it.
func Log(t *testing.T, a, b replica.Log) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const name = "object/C/1.x=/2"
	if last, err := a.Last(ctx, name); err != nil || last != 0 {
		t.Fatalf("a name without records has the last one %d, error %v, expected 0", last, err)
	}
	record := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, i*i*3000) }
	var numbers []uint64
	last := uint64(0)
	for i := range 12 {
		number, err := appendTo(ctx, a, name, record(i), last)
		check(t, err)
		if number <= last {
			t.Fatalf("record %d has the number %d after %d, expected a higher one", i, number, last)
		}
		_, err = appendTo(ctx, b, name+"other", record(i), 0)
		if i == 0 {
			check(t, err)
		} else {
			expect(t, "a second record without the number of the first", err, replica.ErrFenced)
		}
		numbers, last = append(numbers, number), number
	}
	_, err := appendTo(ctx, b, name, []byte("x"), numbers[8])
	expect(t, "a record of a node that was replaced", err, replica.ErrFenced)
	if got, err := b.Last(ctx, name); err != nil || got != last {
		t.Errorf("the last record is %d, error %v, expected %d", got, err, last)
	}
	read := func(from uint64) (got []uint64) {
		check(t, b.Read(ctx, name, from, func(number uint64, bs []byte) error {
			if i := len(bs); !bytes.Equal(bs, record(indexOf(numbers, number))) {
				t.Errorf("record %d has %d bytes, expected those that were appended", number, i)
			}
			got = append(got, number)
			return nil
		}))
		return got
	}
	if got := read(0); fmt.Sprint(got) != fmt.Sprint(numbers) {
		t.Errorf("the records %d are read, expected %d", got, numbers)
	}
	check(t, a.Trim(ctx, name, numbers[4]))
	if got := read(1); fmt.Sprint(got) != fmt.Sprint(numbers[4:]) {
		t.Errorf("the records %d are read after Trim, expected %d", got, numbers[4:])
	}
	check(t, a.Trim(ctx, name, last+1000))
	if got := read(1); fmt.Sprint(got) != fmt.Sprint(numbers[11:]) {
		t.Errorf("the records %d are read after Trim of all, expected the last one, %d", got, numbers[11:])
	}
	testRemove(ctx, t, a)
	stop := errors.New("stop")
	if err := b.Read(ctx, name, 0, func(uint64, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Read ends with %v, expected the error of its function", err)
	}
}

// testRemove removes the names that begin with a prefix, if the log can do that.
func testRemove(ctx context.Context, t *testing.T, l replica.Log) {
	remover, ok := l.(interface {
		Remove(ctx context.Context, prefix string) error
	})
	if !ok {
		return
	}
	names := []string{"gone/1", "gone/2/3", "gone.1", "goner/1"}
	for _, name := range names {
		_, err := appendTo(ctx, l, name, []byte("x"), 0)
		check(t, err)
	}
	check(t, remover.Remove(ctx, "gone/"))
	for i, name := range names {
		if last, err := l.Last(ctx, name); err != nil || (last == 0) != (i < 2) {
			t.Errorf("the last record of %q is %d, error %v, after Remove of gone/", name, last, err)
		}
	}
}

func indexOf(numbers []uint64, number uint64) int {
	for i, n := range numbers {
		if n == number {
			return i
		}
	}
	return 0
}

func appendTo(ctx context.Context, l replica.Log, name string, record []byte, last uint64) (number uint64, err error) {
	done := make(chan struct{})
	l.Append(ctx, name, record, last, func(n uint64, e error) {
		number, err = n, e
		close(done)
	})
	<-done
	return number, err
}

func expect(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s ends with error %v, expected %v", what, err, want)
	}
}
