package storage

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// history is what an object was after each of its commits.
type history struct {
	states []map[string]string // the first is that of a new object
	alarms []int64             // 0 for none

	mu        sync.Mutex
	confirmed int // the number of states that are durable
}

func (h *history) confirm(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.confirmed = max(h.confirmed, n)
}

func (h *history) confirmedStates() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.confirmed
}

// image is what a loss of power has left.
type image struct {
	disk      *testDisk
	confirmed []int // of each object, at that moment
	moment    string
}

const (
	recoveryObjects = 5
	recoverySteps   = 60
)

// small makes segments, caches and bounds so small that everything happens often.
var small = Options{MaxOpen: 3, MaxFiles: 2, Cache: 64, SegmentSize: 16 << 10, MaxSegments: 1, Gather: -1}

// TestPowerLoss loses power before changes of the disk. What was acknowledged is there, and each object is in one of the states that it
// was in after a commit.
func TestPowerLoss(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { testPowerLoss(t, seed) })
	}
}

func testPowerLoss(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	interval := 3 // of changes of the disk, about one in so many
	if race.Enabled {
		interval = 20
	}
	histories := make([]*history, recoveryObjects)
	for i := range histories {
		histories[i] = &history{states: []map[string]string{{}}, alarms: []int64{0}, confirmed: 1}
	}
	var mu sync.Mutex
	var images []image
	d := newTestDisk()
	d.before = func(operation string) error {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(interval) != 0 {
			return nil
		}
		confirmed := make([]int, len(histories))
		for i, h := range histories {
			confirmed[i] = h.confirmedStates()
		}
		images = append(images, image{d.crash(random), confirmed, operation})
		return nil
	}
	s := openTestDisk(t, d, small)
	writeHistories(t, s, histories, rand.New(rand.NewPCG(seed, 1)))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Log("losses of power:", len(images))
	for i, left := range images {
		if err := checkImage(left, histories, random); err != nil {
			t.Fatalf("loss of power %d, before %q: %v", i, left.moment, err)
		}
	}
}

// writeHistories writes random transactions to the objects.
func writeHistories(t *testing.T, s *Store, histories []*history, random *rand.Rand) {
	t.Helper()
	var pending sync.WaitGroup
	for range recoverySteps {
		i := random.IntN(len(histories))
		h := histories[i]
		o := objectNumber(t, s, i)
		state, alarm := maps.Clone(h.states[len(h.states)-1]), h.alarms[len(h.alarms)-1]
		if random.IntN(12) == 0 {
			must(t, o.DeleteAll(true))
			clear(state)
		}
		for range random.IntN(6) {
			key, value := fmt.Sprint("key", random.IntN(20)), strings.Repeat(fmt.Sprint(random.IntN(1000)), random.IntN(2500))
			must(t, o.Put(Pair{key, []byte(value)}))
			state[key] = value
		}
		if random.IntN(3) == 0 {
			alarm = 1 + random.Int64N(1e6)
			must(t, o.SetAlarm(time.UnixMilli(alarm)))
		}
		h.states, h.alarms = append(h.states, state), append(h.alarms, alarm)
		confirmed := len(h.states)
		pending.Add(1)
		willCall, err := o.Commit(func(err error) {
			defer pending.Done()
			if err != nil {
				t.Errorf("a commit has failed: %v", err)
			}
			h.confirm(confirmed)
		})
		must(t, err)
		if !willCall {
			pending.Done()
		}
		if random.IntN(4) == 0 {
			pending.Wait()
		}
		if random.IntN(5) == 0 {
			must(t, o.Close())
		}
	}
	pending.Wait()
}

func objectNumber(t *testing.T, s *Store, i int) *Object {
	t.Helper()
	o, err := s.Object("Room", fmt.Sprint(i))
	must(t, err)
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checkImage opens what is left, loses power again while it is recovered, and compares the objects with their histories.
func checkImage(left image, histories []*history, random *rand.Rand) error {
	again := left.disk
	left.disk.before = func(string) error {
		if random.IntN(10) == 0 {
			again = left.disk.crash(random)
		}
		return nil
	}
	if s, err := openDisk(left.disk, small); err != nil {
		return err
	} else if err := s.Close(); err != nil {
		return err
	}
	left.disk.before = nil
	s, err := openDisk(again, small)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	index := map[string]int64{}
	alarms, err := s.NextAlarms(100)
	if err != nil {
		return err
	}
	for _, a := range alarms {
		index[a.ID] = a.Time.UnixMilli()
	}
	for i, h := range histories {
		if err := checkObject(s, i, h, left.confirmed[i], index); err != nil {
			return fmt.Errorf("object %d: %w", i, err)
		}
	}
	return nil
}

func checkObject(s *Store, i int, h *history, confirmed int, index map[string]int64) error {
	o, err := s.Object("Room", fmt.Sprint(i))
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	state := map[string]string{}
	if err := o.List(ListOptions{}, func(p Pair) bool { state[p.Key] = string(p.Value); return true }); err != nil {
		return err
	}
	alarm := int64(0)
	if at, ok, err := o.Alarm(); err != nil {
		return err
	} else if ok {
		alarm = at.UnixMilli()
	}
	if index[fmt.Sprint(i)] != alarm {
		return fmt.Errorf("the alarm is %d, and %d in the index", alarm, index[fmt.Sprint(i)])
	}
	for n := len(h.states); n >= confirmed; n-- {
		if maps.Equal(h.states[n-1], state) && h.alarms[n-1] == alarm {
			return checkIntegrity(o)
		}
	}
	return fmt.Errorf("keys %q and alarm %d are in none of the states that follow the confirmed one, %d of %d", slices.Sorted(maps.Keys(state)), alarm, confirmed, len(h.states))
}

func checkIntegrity(o *Object) error {
	c, err := o.Exec("PRAGMA quick_check")
	if err != nil {
		return err
	}
	if row, err := c.Next(); err != nil || row[0] != "ok" {
		return fmt.Errorf("quick_check: %v %w", row, err)
	}
	return nil
}

// commitWait commits and waits until the writes are durable.
func commitWait(o *Object) error {
	done := make(chan error, 1)
	if willCall, err := o.Commit(func(err error) { done <- err }); err != nil || !willCall {
		return err
	}
	return <-done
}

// TestFullDisk makes writes to parts of the data directory fail.
func TestFullDisk(t *testing.T) {
	t.Run("a commit fails if the log is full, and the object has what was durable", func(t *testing.T) {
		full := false
		d := newTestDisk()
		d.before = func(operation string) error {
			if full && strings.HasPrefix(operation, "write log/") {
				return syscall.ENOSPC
			}
			return nil
		}
		s := openTestDisk(t, d, Options{})
		o, other := objectNumber(t, s, 1), objectNumber(t, s, 2)
		must(t, o.Put(Pair{"a", []byte("1")}))
		must(t, o.SetAlarm(time.UnixMilli(1000)))
		must(t, commitWait(o))
		full = true
		must(t, o.Put(Pair{"a", []byte("2")}))
		must(t, o.SetAlarm(time.UnixMilli(2000)))
		if err := commitWait(o); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("commit: %v, expected ENOSPC", err)
		}
		if _, err := o.Get("a"); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("get of an object that has lost writes: %v, expected ENOSPC", err)
		}
		full = false
		must(t, o.Close())
		if v, err := o.Get("a"); err != nil || string(v) != "1" {
			t.Errorf("after Close: %q %v, expected the durable value 1", v, err)
		}
		if alarms, err := s.NextAlarms(10); err != nil || len(alarms) != 1 || alarms[0].Time.UnixMilli() != 1000 {
			t.Errorf("alarms: %v %v, expected the durable one", alarms, err)
		}
		must(t, other.Put(Pair{"b", []byte("3")}))
		must(t, other.SetAlarm(time.UnixMilli(500)))
		must(t, commitWait(other))
		must(t, o.Put(Pair{"a", []byte("4")}))
		must(t, commitWait(o))
		must(t, s.Close())
		s = openTestDisk(t, d, Options{})
		if v, err := objectNumber(t, s, 1).Get("a"); err != nil || string(v) != "4" {
			t.Errorf("after the restart: %q %v, expected 4", v, err)
		}
	})
	t.Run("a commit succeeds if only the file of the object is full", func(t *testing.T) {
		full := true
		d := newTestDisk()
		d.before = func(operation string) error {
			if full && strings.HasPrefix(operation, "write objects/") {
				return syscall.ENOSPC
			}
			return nil
		}
		s := openTestDisk(t, d, small)
		o := objectNumber(t, s, 1)
		for i := range 30 {
			must(t, o.Put(Pair{"a", fmt.Append(nil, i)}, Pair{"b", make([]byte, 9000)}))
			must(t, commitWait(o))
			must(t, o.Close())
			if v, err := o.Get("a"); err != nil || string(v) != fmt.Sprint(i) {
				t.Fatalf("get: %q %v, expected %d", v, err, i)
			}
		}
		full = false
		must(t, o.Put(Pair{"a", []byte("end")}))
		must(t, commitWait(o))
		must(t, s.Close())
		s = openTestDisk(t, d, Options{})
		if v, err := objectNumber(t, s, 1).Get("a"); err != nil || string(v) != "end" {
			t.Errorf("after the restart: %q %v", v, err)
		}
	})
	t.Run("nothing is written after a failed sync, and a restart recovers", func(t *testing.T) {
		failing := false
		d := newTestDisk()
		d.before = func(operation string) error {
			if failing && strings.HasPrefix(operation, "sync log/") {
				return syscall.EIO
			}
			return nil
		}
		s := openTestDisk(t, d, Options{})
		o := objectNumber(t, s, 1)
		must(t, o.Put(Pair{"a", []byte("1")}))
		must(t, commitWait(o))
		failing = true
		must(t, o.Put(Pair{"a", []byte("2")}))
		if err := commitWait(o); !errors.Is(err, syscall.EIO) {
			t.Fatalf("commit: %v, expected EIO", err)
		}
		failing = false
		must(t, o.Close())
		must(t, o.Put(Pair{"a", []byte("3")}))
		if err := commitWait(o); !errors.Is(err, syscall.EIO) {
			t.Fatalf("commit after a failed sync: %v, expected EIO", err)
		}
		_ = s.Close()
		s = openTestDisk(t, d.crash(rand.New(rand.NewPCG(1, 2))), Options{})
		if v, err := objectNumber(t, s, 1).Get("a"); err != nil || string(v) != "1" && string(v) != "2" {
			t.Errorf("after the restart: %q %v, expected 1 or 2", v, err)
		}
	})
	t.Run("a transaction over the bound fails, and the object can go on", func(t *testing.T) {
		s := openTestDisk(t, newTestDisk(), Options{MaxChange: 64 << 10})
		o := objectNumber(t, s, 1)
		err := o.Put(Pair{"a", make([]byte, 1<<20)})
		if err == nil {
			err = commitWait(o)
		}
		if cause, ok := errors.AsType[*sqlite.Error](err); !ok || cause.Code.Primary() != sqlite.FULL {
			t.Fatalf("put: %v, expected FULL", err)
		}
		must(t, o.Close())
		must(t, o.Put(Pair{"a", []byte("1")}))
		must(t, commitWait(o))
	})
}

func TestDamagedLog(t *testing.T) {
	d := newTestDisk()
	s := openTestDisk(t, d, Options{SegmentSize: 1, MaxSegments: 100})
	o := objectNumber(t, s, 1)
	for i := range 5 {
		must(t, o.Put(Pair{"a", fmt.Append(nil, i)}))
		must(t, commitWait(o))
	}
	left := d.crash(rand.New(rand.NewPCG(1, 2)))
	left.durable[segmentName(2)].content[segmentHeader+20] ^= 1
	_, err := openDisk(left, Options{})
	if damage, ok := errors.AsType[*DamageError](err); !ok || damage.Segment != segmentName(2) || damage.Offset != int64(segmentHeader) {
		t.Fatalf("open: %v, expected a DamageError about the second segment", err)
	}
}

// TestSlowCheckpoints makes the syncs of files wait, so that segments of the log cannot be removed: then writes wait too.
func TestSlowCheckpoints(t *testing.T) {
	proceed := make(chan struct{})
	var created, mostSegments atomic.Int64
	d := newTestDisk()
	d.before = func(operation string) error {
		switch {
		case strings.HasPrefix(operation, "sync objects/"):
			<-proceed
		case strings.HasPrefix(operation, "create log/"):
			names, _ := d.list(logFolder)
			mostSegments.Store(max(mostSegments.Load(), int64(len(names)+1)))
			created.Add(1)
		}
		return nil
	}
	s := openTestDisk(t, d, Options{SegmentSize: 1, MaxSegments: 2, Gather: -1})
	o := objectNumber(t, s, 1)
	written := make(chan error)
	go func() {
		for i := range 40 {
			err := o.Put(Pair{"a", fmt.Append(nil, i)})
			if err == nil {
				err = commitWait(o)
			}
			if err != nil || i == 39 {
				written <- err
				return
			}
		}
	}()
	for before := int64(-1); before != created.Load(); time.Sleep(100 * time.Millisecond) { // until the writes wait
		before = created.Load()
	}
	close(proceed)
	must(t, <-written)
	if n := mostSegments.Load(); n > 7 {
		t.Errorf("the log has %d segments, expected at most 2*2+1 full ones, the one that is filled, and the next", n)
	}
}
