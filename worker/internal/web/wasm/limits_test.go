package wasm

import (
	"errors"
	"math"
	"testing"
)

func TestStoreCountsModulesAndTables(t *testing.T) {
	used, limit := int64(0), int64(1<<40)
	s := newStore(t, Options{AddMemory: func(n int64) bool {
		if used+n > limit {
			return false
		}
		used += n
		return true
	}})
	g := &generator{}
	g.imported("env", "f", Type{Kind: Func, Func: none})
	g.table("fixed", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 1, Max: 10, HasMax: true}})
	g.table("open", Type{Kind: Table, Element: ExternRef, Limits: Limits{Min: 1}})
	module := g.module()
	m, err := s.Compile(module)
	if err != nil {
		t.Fatal(err)
	}
	compiled := used
	if compiled < compiledSize*int64(len(module)) {
		t.Errorf("a module must count %d times its size, got %d bytes for %d", compiledSize, compiled, len(module))
	}
	f, err := s.NewFunction(none, func([]uint64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	exports, err := s.Instantiate(m, []*Extern{f})
	if err != nil {
		t.Fatal(err)
	}
	if want := compiled + elementSize*(10+defaultElements); used != want {
		t.Errorf("the tables must count all elements that they may have, %d bytes in all, got %d", want, used)
	}
	if _, ok := exports[1].Grow(defaultElements, 0); ok {
		t.Error("a table must not have more elements than have been counted")
	}
	if n, ok := exports[1].Grow(defaultElements-1, 0); !ok || n != 1 {
		t.Errorf("a table without a maximum must grow to %d elements, got %d, %v", defaultElements, n, ok)
	}

	before := used
	wrong, err := s.NewFunction(mapI, func([]uint64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Instantiate(m, []*Extern{wrong}); err == nil || used != before {
		t.Errorf("an import of a wrong type must leave nothing counted, got %v, %d bytes more", err, used-before)
	}
	invalid := &generator{}
	invalid.function("f", giveI) // without a result
	if _, err := s.Compile(invalid.module()); err == nil || used != before {
		t.Errorf("an invalid module must leave nothing counted, got %v, %d bytes more", err, used-before)
	}
	limit = used
	if _, err := s.Compile(module); !errors.Is(err, ErrNoMemory) {
		t.Errorf("a module above the limit must be refused, got %v", err)
	}
	if _, err := s.Instantiate(m, []*Extern{f}); !errors.Is(err, ErrNoMemory) {
		t.Errorf("tables above the limit must be refused, got %v", err)
	}
	if _, err := s.NewTable(FuncRef, Limits{Min: maxElements + 1}); !errors.Is(err, ErrTableSize) {
		t.Errorf("a table of too many elements must be refused, got %v", err)
	}
}

// wazero would allocate memory for as many items as a module claims to have.
func TestStoreCompileBoundsTheMemoryOfAModule(t *testing.T) {
	s := newStore(t, Options{})
	for name, change := range map[string]func(g *generator){
		"a table of 4 billion elements": func(g *generator) {
			g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: math.MaxUint32}})
		},
		"a function with 4 billion variables": func(g *generator) {
			g.code[0] = sized(append(append([]byte{1}, u32(math.MaxUint32)...), byte(I32), 0x0B))
		},
	} {
		g := &generator{}
		g.function("f", none)
		change(g)
		if _, err := s.Compile(g.module()); err == nil {
			t.Errorf("%s must be refused", name)
		}
	}
	for id := byte(sectionType); id <= sectionData; id++ {
		if id == sectionStart {
			continue
		}
		module := append([]byte(header), id, 5)
		if _, err := s.Compile(append(module, u32(math.MaxUint32)...)); err == nil {
			t.Errorf("a section %d with 4 billion items must be refused", id)
		}
	}
}
