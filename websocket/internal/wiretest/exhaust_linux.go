package wiretest

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Exhaust uses up the descriptors of the process except for a few, and returns a function that releases them.
func Exhaust(t *testing.T, but int) (release func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	highest, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(highest)
	few := before
	few.Cur = uint64(highest) + 100 //nolint:gosec // descriptors are small numbers
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	var taken []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	give := func(n int) {
		for range n {
			_ = unix.Close(taken[len(taken)-1])
			taken = taken[:len(taken)-1]
		}
	}
	give(but)
	return func() {
		give(len(taken))
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			t.Error(err)
		}
	}
}
