package storage_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/storage"
)

func TestOpenUsedDirectory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := storage.Open(dir, storage.Options{}); !errors.Is(err, storage.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("open of a directory that is in use: got %v, expected ErrInUse with its name", err)
	}
	must(t, s.Close())
	open(t, dir)
}

// After Close the databases are ordinary files, without a log.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	o := object(t, s, "1")
	must(t, o.Put(storage.Pair{Key: "a", Value: []byte("1")}))
	must(t, o.SetAlarm(time.UnixMilli(1)))
	commit(t, o)
	must(t, s.Close())
	if left, _ := filepath.Glob(filepath.Join(dir, "log", "*")); len(left) > 0 {
		t.Errorf("the log has %q", left)
	}
	content, err := os.ReadFile(filepath.Join(dir, "objects", "Room", "1.sqlite"))
	if err != nil || !strings.HasPrefix(string(content), "SQLite format 3") {
		t.Errorf("the file of the object: %.20q %v", content, err)
	}
	if _, err := o.Get("a"); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("get after Close: got %v, expected ErrClosed", err)
	}
}

// TestMaxOpen uses many more objects than may be open, from several goroutines.
func TestMaxOpen(t *testing.T) {
	s, err := storage.Open(t.TempDir(), storage.Options{MaxOpen: 4, MaxFiles: 3})
	must(t, err)
	const goroutines, objects, rounds = 3, 20, 5
	var all, commits sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for round := range rounds {
				for i := range objects {
					o := object(t, s, fmt.Sprint(g, "-", i))
					if round > 0 {
						if got, err := o.Get("round"); err != nil || string(got) != fmt.Sprint(round-1) {
							t.Errorf("object %d-%d in round %d: got %q %v", g, i, round, got, err)
						}
					}
					if err := o.Put(storage.Pair{Key: "round", Value: fmt.Append(nil, round)}); err != nil {
						t.Error(err)
					}
					commits.Add(1)
					if willCall, err := o.Commit(func(error) { commits.Done() }); !willCall {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	commits.Wait()
	status := s.Status()
	if status.Commits != goroutines*objects*rounds || status.Syncs > status.Commits || status.Open > 2*4 || status.Queued != 0 {
		t.Errorf("the status is %+v, expected %d commits, at most as many syncs, and at most 8 open databases", status, goroutines*objects*rounds)
	}
	must(t, s.Close())
}

func TestNextAlarms(t *testing.T) {
	changed := make(chan struct{}, 100)
	dir := t.TempDir()
	s, err := storage.Open(dir, storage.Options{AlarmsChanged: func() { changed <- struct{}{} }})
	must(t, err)
	for i, ms := range []int64{300, 100, 200} {
		o := object(t, s, fmt.Sprint(i))
		must(t, o.SetAlarm(time.UnixMilli(ms)))
		commit(t, o)
	}
	<-changed
	must(t, s.Close())
	s = open(t, dir)
	alarms, err := s.NextAlarms(2)
	must(t, err)
	var got []string
	for _, a := range alarms {
		got = append(got, fmt.Sprint(a.Class, " ", a.ID, " ", a.Time.UnixMilli()))
	}
	if want := "Room 1 100,Room 2 200"; strings.Join(got, ",") != want {
		t.Errorf("the next two alarms are %q, expected %q", got, want)
	}
}

func TestEntry(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if v, err := s.Entry("tag"); v != "" || err != nil {
		t.Errorf("a missing entry: %q %v", v, err)
	}
	must(t, s.SetEntry("tag", "v1"))
	must(t, s.Close())
	if v, err := open(t, dir).Entry("tag"); v != "v1" || err != nil {
		t.Errorf("after a restart: %q %v, expected v1", v, err)
	}
}

// killedDirectory is the variable with the data directory of the process that TestKilledProcess kills.
const killedDirectory = "LINGER_TEST_STORAGE"

// TestKilledProcess kills a process that writes, several times. What it has reported as durable is there.
func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv(killedDirectory); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	dir := t.TempDir()
	const objects, kills = 4, 4
	counts := make([]uint64, objects)
	for range kills {
		reported := runUntilKilled(t, dir, objects)
		s := open(t, dir)
		for i := range counts {
			value, err := object(t, s, fmt.Sprint(i)).Get("count")
			must(t, err)
			count := uint64(0)
			if value != nil {
				count = binary.LittleEndian.Uint64(value)
			}
			if count < reported[i] || count < counts[i] {
				t.Errorf("object %d: the count is %d, reported were %d, and %d before", i, count, reported[i], counts[i])
			}
			counts[i] = count
		}
		must(t, s.Close())
	}
}

// runUntilKilled runs the test in another process, kills it after some reports, and returns the last count of each object that it has reported.
func runUntilKilled(t *testing.T, dir string, objects int) []uint64 {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$", "-test.timeout=60s")
	child.Env = append(os.Environ(), killedDirectory+"="+dir)
	output, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	reported := make([]uint64, objects)
	lines := bufio.NewScanner(output)
	for n := 0; lines.Scan(); n++ {
		var i int
		var count uint64
		if _, err := fmt.Sscanf(lines.Text(), "durable %d %d", &i, &count); err == nil {
			reported[i] = count
		}
		if n == 200 {
			must(t, child.Process.Kill())
		}
	}
	_ = child.Wait() // it was killed
	return reported
}

// writeUntilKilled increments counts in objects and reports those that are durable.
func writeUntilKilled(t *testing.T, dir string) {
	s, err := storage.Open(dir, storage.Options{SegmentSize: 8 << 10, MaxSegments: 1})
	must(t, err)
	for n := 0; ; n++ {
		i := n % 4
		o := object(t, s, fmt.Sprint(i))
		value, err := o.Get("count")
		must(t, err)
		if value == nil {
			value = make([]byte, 8)
		}
		count := binary.LittleEndian.Uint64(value) + 1
		binary.LittleEndian.PutUint64(value, count)
		must(t, o.Put(storage.Pair{Key: "count", Value: value}, storage.Pair{Key: "filler", Value: make([]byte, n%9000)}))
		_, err = o.Commit(func(err error) {
			if err == nil {
				_, _ = fmt.Fprintf(os.Stdout, "durable %d %d\n", i, count)
			}
		})
		must(t, err)
	}
}
