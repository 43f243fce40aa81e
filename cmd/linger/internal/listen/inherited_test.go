//go:build unix

package listen

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// inherit returns what another process gets of listeners.
func inherit(t *testing.T, listeners []Listener) *Passed {
	t.Helper()
	var files []Inherited
	for _, l := range listeners {
		file, err := File(l.Listener)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, Inherited{Role: l.Address.Role(), File: file})
	}
	passed, err := FromPredecessor(files)
	if err != nil {
		t.Fatal(err)
	}
	return passed
}

// A process that takes over listens on the sockets of the one before, opens those that are new, and removes those that are not configured.
func TestOpenInherited(t *testing.T) {
	stays, goes, comes := filepath.Join(t.TempDir(), "stays"), filepath.Join(t.TempDir(), "goes"), filepath.Join(t.TempDir(), "comes")
	before, err := open(t, noneIsPassed(), "0", "http://0", "unix:"+stays, "unix:"+goes)
	if err != nil {
		t.Fatal(err)
	}
	passed := inherit(t, before)
	after, err := open(t, passed, "0", "0", "unix:"+stays, "unix:"+comes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if got, want := after[i].Addr().String(), before[i].Addr().String(); got != want {
			t.Errorf("listener %d has the socket of the process before; got %s, want %s", i, got, want)
		}
	}
	for _, l := range before {
		Own(l.Listener, false) // the process before has given them up
		_ = l.Close()
	}
	if err := passed.CloseUnused(); err != nil {
		t.Error(err)
	}
	for _, l := range after {
		reach(t, l)
	}
	if _, err := os.Stat(goes); !os.IsNotExist(err) {
		t.Errorf("the file of a socket that is not configured is removed; got %v", err)
	}
	_ = after[2].Close()
	if _, err := os.Stat(stays); err != nil {
		t.Errorf("before Own the file of an inherited socket is not removed, because the process before may go on; got %v", err)
	}
}

// Sockets of a service manager are the default of the process after as well, by their numbers and names.
func TestOpenInheritedOfManager(t *testing.T) {
	var listeners []Listener
	for _, place := range []string{"3", "web", "web"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		listeners = append(listeners, Listener{l, Address{kind: descriptor, place: place}})
	}
	for _, addresses := range [][]string{nil, {"fd:3", "fd:web"}} {
		got, err := open(t, inherit(t, listeners), addresses...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, listeners, func(a, b Listener) bool { return a.Addr().String() == b.Addr().String() }) {
			t.Errorf("%v: the three sockets are served; got %v", addresses, got)
		}
	}
}
