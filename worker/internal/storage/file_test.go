package storage

import (
	"fmt"
	"strings"
	"testing"
)

// A database that was closed and is opened again must not depend on how much of it the committer has written to its file.
func TestObjectIsOpenedAgainWhileCommitsAreInTheLog(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 100
	ended := make(chan error, rounds)
	value := []byte(strings.Repeat("x", 3*pageSize))
	for i := range rounds {
		o, err := s.Object("Room", "one")
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if got, err := o.Get(fmt.Sprint("key", i-1)); err != nil || len(got) != len(value) {
				t.Fatalf("handle %d reads what the one before it has committed; got %d bytes, %v", i, len(got), err)
			}
		}
		if err := o.Put(Pair{fmt.Sprint("key", i), value}); err != nil {
			t.Fatalf("handle %d writes; got %v", i, err)
		}
		if _, err := o.Commit(func(err error) { ended <- err }); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range rounds {
		if err := <-ended; err != nil {
			t.Errorf("a commit fails: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
