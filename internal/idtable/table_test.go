package idtable_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/lingerws/linger/internal/idtable"
)

type value struct{ id string }

func (v *value) ID() string { return v.id }

// wantSame compares a table with a map that has got the same calls.
func wantSame(t *testing.T, table *idtable.Table[*value], model map[string]*value, ids int) {
	t.Helper()
	if table.Len() != len(model) {
		t.Fatalf("the table has %d values, expected %d", table.Len(), len(model))
	}
	for i := range ids {
		id := fmt.Sprint(i)
		if got := table.Get(id); got != model[id] {
			t.Fatalf("the id %s has the value %p, expected %p", id, got, model[id])
		}
	}
	listed := map[string]*value{}
	for v := range table.All() {
		if listed[v.id] != nil {
			t.Fatalf("the id %s is listed twice", v.id)
		}
		listed[v.id] = v
	}
	if !maps.Equal(listed, model) {
		t.Fatalf("%d values are listed that differ from the %d expected", len(listed), len(model))
	}
}

func TestTable(t *testing.T) {
	for _, ids := range []int{1, 10, 300, 5000} {
		seed := rand.Uint64()
		t.Logf("%d ids, seed %d", ids, seed)
		random := rand.New(rand.NewPCG(seed, 0))
		table, model := idtable.New[*value](), map[string]*value{}
		for range 10 {
			adds := 1 + random.IntN(9) // of ten calls
			for range ids {
				id := fmt.Sprint(random.IntN(ids))
				switch known := model[id]; {
				case random.IntN(10) < adds:
					model[id] = &value{id}
					table.Add(model[id])
				case known != nil && random.IntN(4) > 0:
					delete(model, id)
					table.Remove(known)
				default:
					table.Remove(&value{id}) // another one with the same id
				}
			}
			wantSame(t, table, model, ids)
		}
		for _, v := range model {
			table.Remove(v)
		}
		wantSame(t, table, nil, ids)
	}
}

func TestTableAddAgain(t *testing.T) {
	table, v := idtable.New[*value](), &value{"a"}
	for range 100 {
		table.Add(v)
	}
	wantSame(t, table, map[string]*value{"a": v}, 1)
}

func TestTableAllEndsEarly(t *testing.T) {
	table := idtable.New[*value]()
	for i := range 100 {
		table.Add(&value{fmt.Sprint(i)})
	}
	n := 0
	for range table.All() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("a loop that ends early gets 3 values; got %d", n)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestTableMemory(t *testing.T) {
	const n = 20_000
	values := make([]value, n)
	for i := range values {
		values[i].id = fmt.Sprint(i)
	}
	before := heap()
	table := idtable.New[*value]()
	for i := range values {
		table.Add(&values[i])
	}
	if used := (heap() - before) / n; used > 18 {
		t.Errorf("a table takes %d bytes for each of %d values, expected 18 at most", used, table.Len())
	}
	runtime.KeepAlive(values)
}
