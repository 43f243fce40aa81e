package storage_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/storage"
)

// keysOf returns the keys that options select.
func keysOf(t *testing.T, o *storage.Object, options storage.ListOptions) string {
	t.Helper()
	var keys []string
	must(t, o.List(options, func(p storage.Pair) bool { keys = append(keys, p.Key); return true }))
	return strings.Join(keys, " ")
}

func TestObjectList(t *testing.T) {
	o := object(t, open(t, t.TempDir()), "1")
	if got := keysOf(t, o, storage.ListOptions{}); got != "" {
		t.Errorf("a new object: got %q", got)
	}
	for _, key := range []string{"a", "ab", "b", "c", "é", "\uffff", "😀"} {
		must(t, o.Put(storage.Pair{Key: key, Value: []byte(key)}))
	}
	for _, c := range []struct {
		options storage.ListOptions
		want    string
	}{
		{storage.ListOptions{}, "a ab b c é \uffff 😀"},
		{storage.ListOptions{Reverse: true, Limit: 2}, "😀 \uffff"},
		{storage.ListOptions{Prefix: "a"}, "a ab"},
		{storage.ListOptions{Prefix: "😀"}, "😀"},
		{storage.ListOptions{Prefix: "a", Start: "ab"}, "ab"},
		{storage.ListOptions{Prefix: "a", Start: "b"}, ""},
		{storage.ListOptions{Prefix: "a", End: "ab", HasEnd: true}, "a"},
		{storage.ListOptions{Start: "ab", End: "c", HasEnd: true}, "ab b"},
		{storage.ListOptions{StartAfter: "b", Limit: 1}, "c"},
		{storage.ListOptions{StartAfter: "b", Reverse: true, Limit: 1}, "😀"},
		{storage.ListOptions{End: "", HasEnd: true}, ""},
		{storage.ListOptions{Start: "c", End: "a", HasEnd: true}, ""},
	} {
		if got := keysOf(t, o, c.options); got != c.want {
			t.Errorf("%+v: got %q, expected %q", c.options, got, c.want)
		}
	}
}

func TestObjectValues(t *testing.T) {
	o := object(t, open(t, t.TempDir()), "1")
	for _, size := range []int{0, 1, 4096, 2 << 20} {
		value := []byte(strings.Repeat("v", size))
		must(t, o.Put(storage.Pair{Key: "key", Value: value}))
		if got, err := o.Get("key"); err != nil || got == nil || string(got) != string(value) {
			t.Errorf("a value of %d bytes: got %d bytes, %v", size, len(got), err)
		}
	}
	before := []byte("before")
	must(t, o.Put(storage.Pair{Key: "a", Value: before}))
	err := o.Put(storage.Pair{Key: "a", Value: []byte("after")}, storage.Pair{Key: "b", Value: make([]byte, 3<<20)})
	if !storage.IsTooBig(err) {
		t.Errorf("a value of 3 MiB: got %v, expected an error for which IsTooBig is true", err)
	}
	if got, err := o.Get("a"); err != nil || string(got) != "before" {
		t.Errorf("a value beside one that is too large: got %q %v, expected the one before", got, err)
	}
}

// TestObjectModel compares an object with a map, in transactions within transactions, and across restarts.
func TestObjectModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := &model{random: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), state: map[string]string{}}
			m.restart(t)
			for range 600 {
				m.step(t)
			}
			must(t, m.store.Close())
		})
	}
}

type model struct {
	random *rand.Rand
	dir    string
	store  *storage.Store
	object *storage.Object
	state  map[string]string
	alarm  int64
	saved  []savedState // of the open transactions
}

type savedState struct {
	state map[string]string
	alarm int64
}

func (m *model) restart(t *testing.T) {
	t.Helper()
	if m.store != nil {
		must(t, m.store.Close())
	}
	m.store = open(t, m.dir)
	m.object = object(t, m.store, "1")
}

func (m *model) step(t *testing.T) {
	t.Helper()
	key := fmt.Sprint("key", m.random.IntN(30))
	switch m.random.IntN(16) {
	case 0:
		must(t, m.object.Begin())
		m.saved = append(m.saved, savedState{maps.Clone(m.state), m.alarm})
	case 1:
		if len(m.saved) > 0 {
			must(t, m.object.Release())
			m.saved = m.saved[:len(m.saved)-1]
		}
	case 2:
		if len(m.saved) > 0 {
			must(t, m.object.Rollback())
			last := m.saved[len(m.saved)-1]
			m.state, m.alarm, m.saved = last.state, last.alarm, m.saved[:len(m.saved)-1]
		}
	case 3, 4:
		count, err := m.object.Delete(key, "missing")
		must(t, err)
		if _, ok := m.state[key]; ok != (count == 1) {
			t.Fatalf("delete of %s: %d keys, expected it to exist: %v", key, count, ok)
		}
		delete(m.state, key)
	case 5:
		m.setAlarm(t)
	case 6:
		m.end(t)
	case 7:
		m.deleteAll(t)
	default:
		value := strings.Repeat(fmt.Sprint(m.random.IntN(10)), m.random.IntN(3000))
		must(t, m.object.Put(storage.Pair{Key: key, Value: []byte(value)}))
		m.state[key] = value
	}
	m.compare(t)
}

func (m *model) setAlarm(t *testing.T) {
	t.Helper()
	if m.alarm = m.random.Int64N(100); m.alarm == 0 {
		must(t, m.object.DeleteAlarm())
		return
	}
	must(t, m.object.SetAlarm(time.UnixMilli(m.alarm)))
}

func (m *model) deleteAll(t *testing.T) {
	t.Helper()
	keep := m.random.IntN(2) == 0
	err := m.object.DeleteAll(keep)
	if len(m.saved) > 0 {
		if !errors.Is(err, storage.ErrInTransaction) {
			t.Fatalf("DeleteAll in a transaction: got %v", err)
		}
		return
	}
	must(t, err)
	clear(m.state)
	if !keep {
		m.alarm = 0
	}
}

// end commits, and then sometimes closes the object or the Store.
func (m *model) end(t *testing.T) {
	t.Helper()
	if len(m.saved) > 0 {
		if willCall, err := m.object.Commit(func(error) {}); willCall || err != nil {
			t.Fatalf("a commit while a transaction is open: %v %v, expected no effect", willCall, err)
		}
		return
	}
	commit(t, m.object)
	m.compareIndex(t)
	switch m.random.IntN(4) {
	case 0:
		must(t, m.object.Close())
	case 1:
		m.restart(t)
	}
}

func (m *model) compare(t *testing.T) {
	t.Helper()
	state := map[string]string{}
	must(t, m.object.List(storage.ListOptions{}, func(p storage.Pair) bool { state[p.Key] = string(p.Value); return true }))
	if !maps.Equal(state, m.state) {
		t.Fatalf("the object has %q, expected %q", slices.Sorted(maps.Keys(state)), slices.Sorted(maps.Keys(m.state)))
	}
	at, ok, err := m.object.Alarm()
	must(t, err)
	if ok != (m.alarm != 0) || ok && at.UnixMilli() != m.alarm {
		t.Fatalf("the alarm is %v %v, expected %d", at.UnixMilli(), ok, m.alarm)
	}
}

func (m *model) compareIndex(t *testing.T) {
	t.Helper()
	alarms, err := m.store.NextAlarms(10)
	must(t, err)
	if len(alarms) > 0 != (m.alarm != 0) || len(alarms) > 0 && alarms[0].Time.UnixMilli() != m.alarm {
		t.Fatalf("the index has %v, expected %d", alarms, m.alarm)
	}
}

// TestObjectStopWhen stops a statement that would not end.
func TestObjectStopWhen(t *testing.T) {
	o := object(t, open(t, t.TempDir()), "1")
	calls := 0
	o.StopWhen(func() bool { calls++; return calls > 100 })
	got := rows(o, "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c")
	if got != "error: interrupted: SQLITE_INTERRUPT" {
		t.Errorf("got %q", got)
	}
	if got := rows(o, "SELECT 1"); got != "[1]" {
		t.Errorf("a short statement after it: got %q", got)
	}
}

func TestObjectNames(t *testing.T) {
	s := open(t, t.TempDir())
	for _, c := range []struct {
		class, id string
		valid     bool
	}{
		{"Room", strings.Repeat("f", 64), true},
		{"Räume", "../../etc/passwd", true},
		{"Room", "", false},
		{"Room", strings.Repeat("é", 200), false},
		{"\xff", "1", false},
	} {
		o, err := s.Object(c.class, c.id)
		if _, ok := errors.AsType[*storage.NameError](err); ok == c.valid {
			t.Errorf("%q %.20q: got %v, expected a name that is valid: %v", c.class, c.id, err, c.valid)
		}
		if err == nil {
			must(t, o.Put(storage.Pair{Key: "id", Value: []byte(c.id)}))
			commit(t, o)
		}
	}
}
