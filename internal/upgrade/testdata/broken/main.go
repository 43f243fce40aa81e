// Command broken is a new process that fails in the way that the name of its executable says: while it starts, or in the middle of
// a hand-over.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lingerws/linger/internal/handover"
)

func main() {
	path, err := os.Executable()
	if err != nil {
		fail(err)
	}
	// The name is the fault, and in how many calls it happens: crash-moved-20 ends in the 20th call of Moved.
	fault, count, _ := strings.Cut(filepath.Base(path), "-after-")
	after, _ := strconv.Atoi(count)
	link, err := handover.Inherited()
	if err != nil || link == nil {
		fail(fmt.Errorf("there is no link: %w", err))
	}
	fail(run(link, fault, after))
}

// fail ends the process.
func fail(err error) {
	fmt.Fprintln(os.Stderr, "broken:", err)
	os.Exit(3)
}

// run begins the hand-over, and fails.
func run(link *net.UnixConn, fault string, after int) error {
	switch fault {
	case "exit":
		return errors.New("cannot start")
	case "hang":
		select {}
	case "version":
		_, err := handover.Greet(context.Background(), link, handover.Greeting{Version: "99", OldestState: 99, NewestState: 99})
		return err
	case "refuse":
		return handover.Refuse(link, errors.New("refused by the test"))
	}
	return handover.Take(context.Background(), link, &taker{fault: fault, after: after}, handover.TakeOptions{
		Greeting: handover.Greeting{Version: "broken"},
		State:    func([]byte) error { return nil },
	})
}

// taker fails in one of its methods.
type taker struct {
	fault            string
	after            int
	announced, moved int
}

// reach fails if it is the turn of a fault.
func (t *taker) reach(place string, calls int) error {
	if calls < t.after {
		return nil
	}
	switch t.fault {
	case "crash-" + place:
		os.Exit(4)
	case "hang-" + place:
		select {}
	case "abort-" + place:
		return errors.New("aborted by the test in " + place)
	}
	return nil
}

func (t *taker) Announced(handover.Connection) error {
	t.announced++
	return t.reach("announced", t.announced)
}

func (t *taker) Moved(handover.Connection) error {
	t.moved++
	return t.reach("moved", t.moved)
}

func (t *taker) Take(context.Context) error { return t.reach("take", t.after) }

func (t *taker) Commit(committed func() error) error {
	if err := t.reach("commit", t.after); err != nil {
		return err
	}
	return committed()
}

func (t *taker) Start(func(handover.Op) error) {}
func (t *taker) Apply(handover.Op)             {}
func (t *taker) Abandon(error)                 {}
