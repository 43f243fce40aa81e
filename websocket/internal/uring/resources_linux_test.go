package uring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

// ringDescriptors returns the descriptors of all rings of this process.
func ringDescriptors(t testing.TB) []int {
	t.Helper()
	var rings []int
	for fd := range descriptors(t) {
		if name, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); strings.Contains(name, "io_uring") {
			rings = append(rings, fd)
		}
	}
	return rings
}

func descriptors(t testing.TB) map[int]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	open := map[int]bool{}
	for _, e := range entries {
		var fd int
		if _, err := fmt.Sscan(e.Name(), &fd); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Readlink("/proc/self/fd/" + e.Name()); !errors.Is(err, fs.ErrNotExist) { // that of ReadDir itself
			open[fd] = true
		}
	}
	return open
}

func mappedRings(t testing.TB) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(maps, []byte("io_uring"))
}

func TestCloseFreesEverything(t *testing.T) {
	from, to := newPair(t)
	before := len(descriptors(t))
	var rings []*uring.Ring
	for range 100 {
		rings = append(rings, newRing(t, 8))
	}
	if got := len(descriptors(t)) - before; got != len(rings) {
		t.Errorf("%d rings have %d descriptors", len(rings), got)
	}
	if got := mappedRings(t); got != 2*len(rings) {
		t.Errorf("%d rings have %d mappings, expected %d", len(rings), got, 2*len(rings))
	}
	for _, r := range rings {
		exchange(t, r, []int32{from}, []int32{to}, numbered(0))
		r.Send(from, []byte("never sent"), 0)
		if err := r.Close(); err != nil {
			t.Errorf("Close returns %v", err)
		}
		if err := r.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("a second Close returns %v", err)
		}
		if r.Len() != 0 || r.Cap() != 0 {
			t.Errorf("a closed ring has %d operations and room for %d", r.Len(), r.Cap())
		}
		submit(t, r)
	}
	if got := len(descriptors(t)) - before; got != 0 {
		t.Errorf("%d descriptors are left after Close", got)
	}
	if got := mappedRings(t); got != 0 {
		t.Errorf("%d mappings are left after Close", got)
	}
	if n, err := unix.Read(int(to), make([]byte, 10)); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("what was queued at Close is received: %d bytes, %v", n, err)
	}
}

// Available closes what it opens.
func TestAvailableFreesEverything(t *testing.T) {
	before := len(descriptors(t))
	for range 3 {
		if err := uring.Available(); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(descriptors(t)) - before; got > 0 {
		t.Errorf("%d descriptors are left after Available", got)
	}
}

func TestAllocations(t *testing.T) {
	const connections = 16
	r := newRing(t, connections)
	var from, to []int32
	for range connections {
		a, b := newPair(t)
		from, to = append(from, a), append(to, b)
	}
	p, q := []byte("text"), make([]byte, 10)
	allocated := testing.AllocsPerRun(100, func() {
		for _, fd := range from {
			r.Send(fd, p, 0)
		}
		submit(t, r)
		for _, fd := range to {
			r.Receive(fd, q)
		}
		submit(t, r)
		for i := range connections {
			wantResult(t, r, i, len(p), 0)
		}
	})
	if allocated != 0 {
		t.Errorf("%d operations allocate %v times", 2*connections, allocated)
	}
}

// Buffers stay where they are and are not freed until Submit returns, also if the caller does not refer to them any more.
func TestBuffersStayReachable(t *testing.T) {
	r := newRing(t, 64)
	from, to := newPair(t)
	for range 20 {
		for i := range r.Cap() {
			r.Send(from, fmt.Appendf(nil, "%04d", i), 0)
		}
		runtime.GC()
		overwriteFree()
		submit(t, r)
		for i := range r.Cap() {
			if got, want := string(readAll(t, to, 4)), fmt.Sprintf("%04d", i); got != want {
				t.Fatalf("the peer receives %q, expected %q", got, want)
			}
		}
	}
}

// overwriteFree allocates memory of the size of small texts, and writes it.
func overwriteFree() {
	for range 10_000 {
		kept = fmt.Appendf(nil, "%04d", 9999)
	}
}

var kept []byte

// A ring does not keep buffers after Submit.
func TestBuffersAreReleased(t *testing.T) {
	r := newRing(t, 4)
	from, _ := newPair(t)
	released := make(chan struct{})
	func() {
		p := new([100]byte)
		runtime.AddCleanup(p, func(int) { close(released) }, 0)
		r.Send(from, p[:], 0)
		submit(t, r)
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-released:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("the ring refers to the buffer of an operation that has completed")
	runtime.KeepAlive(r)
}
