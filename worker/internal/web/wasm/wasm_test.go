package wasm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

var (
	none   = FuncType{}
	giveI  = FuncType{nil, []ValueType{I32}}
	takeI  = FuncType{[]ValueType{I32}, nil}
	mapI   = FuncType{[]ValueType{I32}, []ValueType{I32}}
	memory = Type{Kind: Memory, Limits: Limits{Min: 1, Max: 3, HasMax: true}}
)

func newStore(t *testing.T, options Options) *Store {
	t.Helper()
	s := NewStore(options)
	t.Cleanup(s.Close)
	return s
}

// instance returns the exports of a generated module by name.
func instance(t *testing.T, s *Store, g *generator, imports ...*Extern) map[string]*Extern {
	t.Helper()
	m, err := s.Compile(g.module())
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Instantiate(m, imports)
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]*Extern{}
	for i, e := range m.Exports {
		exports[e.Name] = list[i]
	}
	return exports
}

// call calls a function with at most one parameter and at most one result.
func call(t *testing.T, e *Extern, parameter uint64) uint64 {
	t.Helper()
	stack := []uint64{parameter}
	if err := e.Call(stack); err != nil {
		t.Fatal(err)
	}
	return stack[0]
}

func TestStoreMemory(t *testing.T) {
	const module = 1 << 10 // more than is counted for the module itself
	used := int64(0)
	var resized []*Extern
	s := newStore(t, Options{
		AddMemory: func(n int64) bool {
			if used+n > 3*Page+module {
				return false
			}
			used += n
			return true
		},
		Resized: func(e *Extern) { resized = append(resized, e) },
	})
	g := &generator{}
	g.memory("memory", memory)
	g.function("grow", mapI, 0x20, 0, 0x40, 0) // local.get 0, memory.grow
	exports := instance(t, s, g)
	m := exports["memory"]
	before := m.Bytes()
	before[10] = 7
	if got := call(t, exports["grow"], 1); got != 1 || used < 2*Page || used > 2*Page+module || len(m.Bytes()) != 2*Page {
		t.Errorf("the memory must have grown from 1 page to 2, got %d, %d bytes in use, %d bytes", got, used, len(m.Bytes()))
	}
	if !slices.Equal(resized, []*Extern{m}) {
		t.Errorf("Resized must be called for the memory, got %v", resized)
	}
	before[11] = 8 // the address is the same
	if b := m.Bytes(); b[10] != 7 || b[11] != 8 {
		t.Error("a memory that grows must keep its contents and its address")
	}
	if n, ok := m.Grow(1, 0); !ok || n != 2 {
		t.Errorf("the memory must grow to 3 pages, got %d, %v", n, ok)
	}
	if _, ok := m.Grow(1, 0); ok {
		t.Error("the memory must not grow above its maximum")
	}
	if n, ok := m.Grow(0, 0); !ok || n != 3 {
		t.Errorf("growing by 0 pages must return the size, got %d, %v", n, ok)
	}
	if _, err := s.NewMemory(Limits{Min: 1}); err == nil {
		t.Error("a memory above the limit of the script must be refused")
	}
}

func TestStoreMemoryIsSharedByInstances(t *testing.T) {
	s := newStore(t, Options{})
	m, err := s.NewMemory(Limits{Min: 1})
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{}
	g.export("again", Memory, g.imported("env", "memory", Type{Kind: Memory, Limits: Limits{Min: 1}}))
	g.function("load", mapI, 0x20, 0, 0x2D, 0, 0) // local.get 0, i32.load8_u
	exports := instance(t, s, g, m)
	if exports["again"] != m {
		t.Error("an import that is exported again must be the same object")
	}
	m.Bytes()[100] = 42
	if got := call(t, exports["load"], 100); got != 42 {
		t.Errorf("the instance must use the imported memory, got %d", got)
	}
	if err := exports["load"].Call([]uint64{Page}); !isTrap(err, "out of bounds memory access") {
		t.Errorf("a load beyond the end must trap, got %v", err)
	}
}

// isTrap reports whether err is a *Trap with a reason.
func isTrap(err error, reason string) bool {
	var trap *Trap
	return errors.As(err, &trap) && trap.Reason == reason
}

func TestStoreFunctionOfScript(t *testing.T) {
	s := newStore(t, Options{})
	failure := errors.New("the script has thrown")
	f, err := s.NewFunction(mapI, func(stack []uint64) error {
		if uint32(stack[0]) == 13 {
			return failure
		}
		stack[0] = uint64(uint32(stack[0]) * 2)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{}
	index := g.imported("env", "double", Type{Kind: Func, Func: mapI})
	g.export("again", Func, index)
	g.function("call", mapI, 0x20, 0, 0x10, byte(index))
	exports := instance(t, s, g, f)
	if got := call(t, exports["call"], 21); got != 42 {
		t.Errorf("the function of the script must be called, got %d", got)
	}
	if got := call(t, exports["again"], 4); got != 8 || exports["again"] == f {
		t.Errorf("a function of the script that is exported again is a function of WebAssembly, got %d", got)
	}
	if err := exports["call"].Call([]uint64{13}); !errors.Is(err, failure) {
		t.Errorf("the error of the script's function must be returned, got %v", err)
	}
	wrong, err := s.NewFunction(none, func([]uint64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Compile(g.module())
	if err != nil {
		t.Fatal(err)
	}
	var link *LinkError
	for _, value := range []*Extern{wrong, {Type: memory}} {
		if _, err := s.Instantiate(m, []*Extern{value}); !errors.As(err, &link) {
			t.Errorf("an import of a wrong type must be a *LinkError, got %v", err)
		}
	}
}

func TestStoreTable(t *testing.T) {
	s := newStore(t, Options{})
	g := &generator{}
	g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 2}})
	g.function("seven", giveI, 0x41, 7)
	g.function("call", mapI, 0x20, 0, 0x11, 0, 0) // local.get 0, call_indirect of type 0
	exports := instance(t, s, g)
	table, seven := exports["table"], exports["seven"]
	reference, err := seven.Reference()
	if err != nil {
		t.Fatal(err)
	}
	if err := table.SetElement(1, reference); err != nil {
		t.Fatal(err)
	}
	if got := call(t, exports["call"], 1); got != 7 {
		t.Errorf("the element must be called, got %d", got)
	}
	got, err := table.Element(1)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := s.Function(got); err != nil || f != seven {
		t.Errorf("the element must be the same function, got %v, %v", f, err)
	}
	if n, ok := table.Grow(2, reference); !ok || n != 2 || table.Size() != 4 {
		t.Errorf("the table must grow from 2 to 4, got %d, %v, %d", n, ok, table.Size())
	}
	if err := table.SetElement(4, 0); !isTrap(err, "invalid table access") {
		t.Errorf("an element beyond the end must trap, got %v", err)
	}
	if f, err := s.Function(0); f != nil || err != nil {
		t.Errorf("null has no function, got %v, %v", f, err)
	}
}

// A function that the script has only as a reference, because its module does not export it.
func TestStoreFunctionOfReference(t *testing.T) {
	s := newStore(t, Options{})
	g := &generator{}
	g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 1}})
	g.function("increment", mapI, 0x20, 0, 0x41, 1, 0x6A)
	g.elements = [][]byte{{0, 0x41, 0, 0x0B, 1, 0}} // the table begins with function 0
	g.exports = g.exports[:1]
	table := instance(t, s, g)["table"]
	reference, err := table.Element(0)
	if err != nil || reference == 0 {
		t.Fatalf("the element must be a reference, got %v, %v", reference, err)
	}
	f, err := s.Function(reference)
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, f, 41); got != 42 {
		t.Errorf("the function must be called, got %d", got)
	}
	if again, err := s.Function(reference); again != f || err != nil {
		t.Errorf("a reference always has the same function, got %v, %v", again, err)
	}
	if back, err := f.Reference(); back != reference || err != nil {
		t.Errorf("the reference must be the same, got %v, %v", back, err)
	}
}

func TestStoreGlobal(t *testing.T) {
	s := newStore(t, Options{})
	for _, c := range []struct {
		t     ValueType
		value uint64
	}{
		{I32, 0}, {I32, 63}, {I32, 64}, {I32, math.MaxUint32}, {I32, 1 << 31},
		{I64, 1 << 63}, {I64, math.MaxUint64}, {I64, 128},
		{F32, uint64(math.Float32bits(1.5))}, {F64, math.Float64bits(-2.25)},
	} {
		for _, mutable := range []bool{false, true} {
			e, err := s.NewGlobal(c.t, mutable, c.value)
			if err != nil {
				t.Fatal(err)
			}
			got := e.Get()
			if c.t == I32 || c.t == F32 {
				got = uint64(uint32(got))
			}
			if got != c.value {
				t.Errorf("a global of type %v must have the value %#x, got %#x", c.t, c.value, got)
			}
			e.Set(1)
			if changed := e.Get() == 1; changed != mutable {
				t.Errorf("a global can be set: got %v, mutable is %v", changed, mutable)
			}
		}
	}
	if _, err := s.NewGlobal(V128, false, 0); err == nil {
		t.Error("a vector must be refused")
	}
	if e, err := s.NewGlobal(ExternRef, true, 5); err != nil || e.Get() != 5 {
		t.Errorf("a mutable global can have a reference, got %v, %v", e, err)
	}
	if _, err := s.NewGlobal(ExternRef, false, 5); err == nil {
		t.Error("a constant global of a reference that is not null must be refused")
	}
}

func TestStoreInterruptedEndsTheCall(t *testing.T) {
	checks := 0
	s := newStore(t, Options{Interrupted: func() bool { checks++; return checks%3 == 0 }})
	g := &generator{}
	g.function("loop", none, 0x03, 0x40, 0x0C, 0, 0x0B)                                   // loop, br 0, end
	g.function("fibonacci", mapI, 0x20, 0, 0x41, 2, 0x48, 0x04, byte(I32), 0x20, 0, 0x05, // if n < 2 then n else
		0x20, 0, 0x41, 1, 0x6B, 0x10, 1, 0x20, 0, 0x41, 2, 0x6B, 0x10, 1, 0x6A, 0x0B) // fibonacci(n-1) + fibonacci(n-2)
	exports := instance(t, s, g)
	for name, parameter := range map[string]uint64{"loop": 0, "fibonacci": 90} {
		checks = 0
		if err := exports[name].Call([]uint64{parameter}); !errors.Is(err, ErrInterrupted) || checks != 3 {
			t.Errorf("%s must end with ErrInterrupted at the third check, got %v after %d", name, err, checks)
		}
	}
	checks = 0
	if got := call(t, exports["fibonacci"], 10); got != 55 {
		t.Errorf("the store can be used after an interrupted call, got %d", got)
	}
}

func TestStoreTraps(t *testing.T) {
	s := newStore(t, Options{})
	g := &generator{}
	g.function("unreachable", none, 0x00)
	g.function("divide", mapI, 0x41, 1, 0x20, 0, 0x6D) // i32.const 1, local.get 0, i32.div_s
	g.function("recurse", none, 0x10, 2)               // call 2
	exports := instance(t, s, g)
	for name, reason := range map[string]string{"unreachable": "unreachable", "divide": "integer divide by zero", "recurse": StackOverflow} {
		if err := exports[name].Call([]uint64{0}); !isTrap(err, reason) {
			t.Errorf("%s must trap with %q, got %v", name, reason, err)
		}
	}
}

func TestStoreInstancesAreBounded(t *testing.T) {
	s := newStore(t, Options{})
	s.instances = MaxInstances
	if _, err := s.NewGlobal(I32, false, 0); !errors.Is(err, ErrTooManyInstances) {
		t.Errorf("an instance beyond the limit must be refused, got %v", err)
	}
	if _, err := s.NewFunction(none, nil); !errors.Is(err, ErrTooManyInstances) {
		t.Errorf("a function beyond the limit must be refused, got %v", err)
	}
}

func TestDescribe(t *testing.T) {
	g := &generator{}
	g.imported("env", "f", Type{Kind: Func, Func: mapI})
	g.imported("env", "t", Type{Kind: Table, Element: ExternRef, Limits: Limits{Min: 3}})
	g.imported("env", "m", memory)
	g.imported("env", "g", Type{Kind: Global, Value: I64, Mutable: true})
	g.global("global", Type{Kind: Global, Value: F64}, []byte{0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B})
	g.function("function", takeI)
	binary := append(g.module(), append([]byte{0}, sized(append(sized([]byte("note")), "hello"...))...)...)
	d, module, err := prepare(binary)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range d.Imports {
		got = append(got, i.Module+"."+i.Name+" "+i.Type.Kind.String())
	}
	for _, e := range d.Exports {
		got = append(got, e.Name+" "+e.Type.Kind.String())
	}
	if want := "env.f function, env.t table, env.m memory, env.g global, global global, function function"; strings.Join(got, ", ") != want {
		t.Errorf("expected %s, got %s", want, strings.Join(got, ", "))
	}
	if d.Imports[2].Type.Limits != memory.Limits || d.Exports[0].Type.Value != F64 || !slices.Equal(d.Exports[1].Type.Func.Params, takeI.Params) {
		t.Errorf("the types must be complete, got %+v", d)
	}
	if len(d.Customs) != 1 || d.Customs[0].Name != "note" || string(d.Customs[0].Content) != "hello" {
		t.Errorf("the custom section must be found, got %+v", d.Customs)
	}
	if _, err := newStore(t, Options{}).Compile(binary); err != nil || bytes.Contains(module, []byte("hello")) {
		t.Errorf("the module for wazero has no custom sections, got %q, %v", module, err)
	}
	for n := range binary {
		if _, _, err := prepare(binary[:n]); err == nil && n > len(header) && n < 12 {
			t.Errorf("the first %d bytes must not be a module", n)
		}
	}
}

func TestStoreImportsOfAModuleWithoutName(t *testing.T) {
	s := newStore(t, Options{})
	f, err := s.NewFunction(giveI, func(stack []uint64) error { stack[0] = 5; return nil })
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{}
	g.imported("", "", Type{Kind: Func, Func: giveI})
	g.imported("env", "m", memory)
	g.function("call", giveI, 0x10, 0)
	m, err := s.NewMemory(memory.Limits)
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, instance(t, s, g, f, m)["call"], 0); got != 5 {
		t.Errorf("the import must be called, got %d", got)
	}
}

func FuzzPrepare(f *testing.F) {
	g := &generator{}
	g.imported("env", "f", Type{Kind: Func, Func: mapI})
	g.global("global", Type{Kind: Global, Value: F64}, []byte{0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B})
	g.function("function", takeI)
	f.Add(g.module())
	f.Fuzz(func(t *testing.T, module []byte) {
		d, rewritten, err := prepare(module)
		if err != nil {
			return
		}
		if _, _, err := describe(rewritten); err != nil {
			t.Errorf("the module for wazero must be readable, got %v; the imports are %v", err, d.Imports)
		}
	})
}

// Indices beyond those of a module would be those of the function and the global that prepare adds.
func TestPrepareRefusesIndicesThatDoNotExist(t *testing.T) {
	for name, body := range map[string][]byte{
		"call":          {0x10, 1},
		"return_call":   {0x12, 1},
		"ref.func":      {0xD2, 1, 0x1A},
		"global.get":    {0x23, 0, 0x1A},
		"global.set":    {0x41, 0, 0x24, 0},
		"call_indirect": {0x41, 0, 0x11, 1, 0},
		"block":         {0x02, 1, 0x0B},
		"br_table":      {0x41, 0, 0x0E, 0xFF, 0xFF, 0xFF, 0x7F, 0},
		"an exception":  {0x06, 0x40, 0x0B},
		"an atomic":     {0xFE, 0, 0, 0},
	} {
		g := &generator{}
		g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 1}})
		g.function("f", none, body...)
		if _, _, err := prepare(g.module()); err == nil {
			t.Errorf("%s with an index or instruction that does not exist must be an error", name)
		}
	}
	for name, change := range map[string]func(g *generator){
		"an export": func(g *generator) { g.export("g", Func, 1) },
		"an element": func(g *generator) {
			g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 1}})
			g.declare(1)
		},
		"bytes after the last function": func(g *generator) { g.code[0] = append(g.code[0], 0) },
	} {
		g := &generator{}
		g.function("f", none)
		change(g)
		if _, _, err := prepare(g.module()); err == nil {
			t.Errorf("%s must be an error", name)
		}
	}
}

// A module that prepare has changed must not become valid by that.
func FuzzPrepareKeepsModulesInvalid(f *testing.F) {
	g := &generator{}
	index := g.imported("env", "f", Type{Kind: Func, Func: mapI})
	g.table("table", Type{Kind: Table, Element: FuncRef, Limits: Limits{Min: 1}})
	g.global("global", Type{Kind: Global, Value: FuncRef}, []byte{0xD2, 0, 0x0B})
	g.function("function", mapI, 0x03, 0x40, 0x0B, 0x20, 0, 0x10, byte(index))
	g.declare(1)
	f.Add(g.module())
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x01\v\x02`\x01\x7f\x01\x7f`\x01\x7f\x01\x7f\x02\t\x01\x03000\x010\x00\x00\x03\x02\x01\x01\x04\x04\x01p00\a\x1d\x03\x0500000\x01\x00\x06000000\x00\x00\b00000000\x00\x01\n\v\x01\t\x00\x03@\vA0\"\x00\v")) // limits of a table with undefined flags
	config := wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features)
	f.Fuzz(func(t *testing.T, module []byte) {
		d, found, err := describe(module)
		if err != nil || slices.ContainsFunc(d.Imports, func(i Import) bool { return i.Module == "" }) {
			return
		}
		withoutCustoms := found.module()
		_, changed, err := prepare(module)
		if err != nil || d.pages > 16 {
			return
		}
		r := wazero.NewRuntimeWithConfig(t.Context(), config)
		defer func() { _ = r.Close(context.Background()) }()
		if _, err := r.CompileModule(t.Context(), changed); err != nil {
			return
		}
		if _, err := r.CompileModule(t.Context(), withoutCustoms); err != nil {
			t.Errorf("the module is invalid (%v), but not after prepare", err)
		}
	})
}
