package wasm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/table"
)

// Extern is a function, table, memory or global, which instances can import and export.
type Extern struct {
	Type     Type
	Index    uint32 // of a function, in its module
	store    *Store
	instance api.Module // exports it as name
	name     string

	call      api.Function // of a function
	reference uint64       // of a function, 0 if it has not been needed yet
	native    *Extern      // of a function of the script: the one that a module exports
	accessor  api.Module   // of a table
}

// extern returns the Extern of an export of an instance.
func (s *Store) extern(t Type, instance api.Module, name string) *Extern {
	e := &Extern{Type: t, store: s, instance: instance, name: name}
	switch t.Kind {
	case Func:
		e.call = instance.ExportedFunction(name)
	case Memory:
		if m := s.mappingOf(e.Bytes()); m != nil {
			if known := s.memories[m]; known != nil {
				return known
			}
			s.memories[m] = e
		}
	case Table, Global:
	}
	return e
}

// exported returns the value for a module that exports e again: a function of the script becomes a function of
// WebAssembly.
func (e *Extern) exported() *Extern {
	if e.Type.Kind != Func || e.call != nil {
		return e
	}
	if e.native == nil {
		e.native = e.store.extern(e.Type, e.instance, e.name)
	}
	return e.native
}

// only is the name under which generated modules export an object.
const only = "o"

// NewFunction returns a function that calls f. f gets the parameters in stack and stores the results there. The call of
// WebAssembly ends with the error of f, and returns it.
func (s *Store) NewFunction(t FuncType, f func(stack []uint64) error) (*Extern, error) {
	if s.instances >= MaxInstances {
		return nil, ErrTooManyInstances
	}
	s.instances++
	compiled, err := s.runtime.NewHostModuleBuilder("script").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			if err := f(stack); err != nil {
				panic(&callError{err}) //nolint:forbidigo // wazero recovers it: this is how a host function ends the call
			}
		}), apiTypes(t.Params), apiTypes(t.Results)).Export(only).Compile(s.ctx)
	if err != nil {
		return nil, err
	}
	instance, err := s.runtime.InstantiateModule(s.ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	return &Extern{Type: Type{Kind: Func, Func: t}, store: s, instance: instance, name: only}, nil
}

// callError is the error of a function of the script.
type callError struct{ err error }

func (e *callError) Error() string { return e.err.Error() }

func apiTypes(list []ValueType) []api.ValueType {
	types := make([]api.ValueType, len(list))
	for i, t := range list {
		types[i] = api.ValueType(t)
	}
	return types
}

// NewMemory returns a memory. It returns an error if the minimum is above the limit.
func (s *Store) NewMemory(l Limits) (*Extern, error) {
	return s.newObject(Type{Kind: Memory, Limits: l}, (*generator).memory)
}

// NewTable returns a table of null references.
func (s *Store) NewTable(element ValueType, l Limits) (*Extern, error) {
	t := Type{Kind: Table, Element: element, Limits: l}
	if err := t.limitTable(); err != nil {
		return nil, err
	}
	return s.newObject(t, (*generator).table)
}

// NewGlobal returns a global. value is the number in the format of the stack of a function; for a type of reference it must
// be 0 unless the global is mutable.
func (s *Store) NewGlobal(v ValueType, mutable bool, value uint64) (*Extern, error) {
	constant, err := constantOf(v, value)
	if err != nil {
		return nil, err
	}
	if value != 0 && !mutable && (v == FuncRef || v == ExternRef) {
		return nil, fmt.Errorf("a constant global of type %v must be null: make it mutable", v)
	}
	e, err := s.newObject(Type{Kind: Global, Value: v, Mutable: mutable}, func(g *generator, name string, t Type) {
		g.global(name, t, constant)
	})
	if err == nil && value != 0 && mutable {
		e.Set(value)
	}
	return e, err
}

func (s *Store) newObject(t Type, define func(g *generator, name string, t Type)) (*Extern, error) {
	var g generator
	define(&g, only, t)
	instance, err := s.generate(&g, nil)
	if err != nil {
		return nil, err
	}
	return s.extern(t, instance, only), nil
}

// constantOf returns the constant expression of a value.
func constantOf(t ValueType, value uint64) ([]byte, error) {
	const end = 0x0B
	switch t {
	case I32:
		return append(signed([]byte{0x41}, int64(int32(value))), end), nil
	case I64:
		return append(signed([]byte{0x42}, int64(value)), end), nil
	case F32:
		return append([]byte{0x43, byte(value), byte(value >> 8), byte(value >> 16), byte(value >> 24)}, end), nil
	case F64:
		b := []byte{0x44}
		for i := range 8 {
			b = append(b, byte(value>>(8*i)))
		}
		return append(b, end), nil
	case FuncRef, ExternRef:
		return []byte{0xD0, byte(t), end}, nil
	case V128:
	}
	return nil, fmt.Errorf("a global of type %v cannot be created", t)
}

// signed appends a number in signed LEB128.
func signed(b []byte, n int64) []byte {
	for {
		c := byte(n & 0x7F)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// Call calls a function. stack has the parameters, and room for the results, which Call stores there: 32-bit integers and
// floats in the low bits, references as numbers. The error is a *[Trap], or that of a function of the script.
func (e *Extern) Call(stack []uint64) error {
	return e.store.invoke(e.exported().call, stack)
}

func (s *Store) invoke(f api.Function, stack []uint64) error {
	s.running++
	defer func() { s.running-- }()
	return callFailure(f.CallWithStack(s.ctx, stack))
}

// callFailure returns the error of Call for one of wazero.
func callFailure(err error) error {
	if err == nil {
		return nil
	}
	if trap := asTrap(err); trap != nil {
		return trap
	}
	return err
}

// ErrInterrupted is the error of a call that has ended because of Options.Interrupted.
var ErrInterrupted = errors.New("wasm: the call was interrupted")

// Trap is the error of a call that WebAssembly has ended.
type Trap struct{ Reason string }

func (t *Trap) Error() string { return t.Reason }

// StackOverflow is the Reason of a Trap for calls that are nested too deeply.
const StackOverflow = "stack overflow"

// asTrap returns a *Trap, or the error of a function of the script, or nil for an error that occurred before the call.
func asTrap(err error) error {
	var failed *callError
	if errors.As(err, &failed) {
		return failed.err
	}
	const prefix = "wasm error: "
	text := err.Error()
	if strings.HasPrefix(text, StackOverflow) {
		return &Trap{StackOverflow}
	}
	if _, reason, ok := strings.Cut(text, prefix); ok {
		reason, _, _ = strings.Cut(reason, "\n")
		return &Trap{reason}
	}
	return nil
}

// Bytes returns the contents of a memory. Its address stays the same; its length is that of now.
func (e *Extern) Bytes() []byte {
	memory := e.instance.ExportedMemory(e.name)
	b, _ := memory.Read(0, memory.Size())
	return b
}

// Grow grows a memory by n pages or a table by n elements with the value reference, and returns the size before. It
// reports false if the maximum or the limit does not allow it.
func (e *Extern) Grow(n uint32, reference uint64) (before uint32, ok bool) {
	if e.Type.Kind == Memory {
		memory := e.instance.ExportedMemory(e.name)
		if n == 0 {
			return memory.Size() / Page, true
		}
		return memory.Grow(n)
	}
	stack := []uint64{reference, uint64(n)}
	if err := e.access("grow", stack); err != nil || uint32(stack[0]) == math.MaxUint32 {
		return 0, false
	}
	return uint32(stack[0]), true
}

// Size returns the number of elements of a table.
func (e *Extern) Size() uint32 {
	stack := []uint64{0}
	_ = e.access("size", stack) // cannot fail
	return uint32(stack[0])
}

// Element returns an element of a table, as a reference. The error is a *[Trap] if there is no such element.
func (e *Extern) Element(i uint32) (uint64, error) {
	stack := []uint64{uint64(i)}
	err := e.access("get", stack)
	return stack[0], err
}

// SetElement sets an element of a table. The error is a *[Trap] if there is no such element.
func (e *Extern) SetElement(i uint32, reference uint64) error {
	return e.access("set", []uint64{uint64(i), reference})
}

// access calls a function of the accessor of a table.
func (e *Extern) access(name string, stack []uint64) error {
	if e.accessor == nil {
		const get, set, localGet, prefix = 0x25, 0x26, 0x20, 0xFC
		g, t := &generator{}, e.Type
		t.Limits = Limits{}
		g.export(only, Table, g.imported("t", e.name, t))
		r := e.Type.Element
		g.function("get", FuncType{[]ValueType{I32}, []ValueType{r}}, localGet, 0, get, 0)
		g.function("set", FuncType{[]ValueType{I32, r}, nil}, localGet, 0, localGet, 1, set, 0)
		g.function("grow", FuncType{[]ValueType{r, I32}, []ValueType{I32}}, localGet, 0, localGet, 1, prefix, 15, 0)
		g.function("size", FuncType{nil, []ValueType{I32}}, prefix, 16, 0)
		accessor, err := e.store.generate(g, map[string]api.Module{"t": e.instance})
		if err != nil {
			return err
		}
		e.accessor = accessor
	}
	return e.store.invoke(e.accessor.ExportedFunction(name), stack)
}

// Get returns the value of a global.
func (e *Extern) Get() uint64 { return e.instance.ExportedGlobal(e.name).Get() }

// Set sets the value of a global, which must be mutable.
func (e *Extern) Set(value uint64) {
	if g, ok := e.instance.ExportedGlobal(e.name).(api.MutableGlobal); ok {
		g.Set(value)
	}
}

// Reference returns the reference of a function, for tables and globals.
func (e *Extern) Reference() (uint64, error) {
	if e.reference == 0 {
		const refFunc = 0xD2
		g := &generator{}
		index := g.imported("f", e.name, e.Type)
		g.declare(index)
		g.function("ref", FuncType{nil, []ValueType{FuncRef}}, append([]byte{refFunc}, u32(index)...)...)
		instance, err := e.store.generate(g, map[string]api.Module{"f": e.instance})
		if err != nil {
			return 0, err
		}
		stack := []uint64{0}
		if err := e.store.invoke(instance.ExportedFunction("ref"), stack); err != nil {
			return 0, err
		}
		e.reference = stack[0]
		if e.store.functions[e.reference] == nil {
			e.store.functions[e.reference] = e.exported()
		}
	}
	return e.reference, nil
}

// Function returns the function of a reference, or nil for the null reference. The error is that of an instance that
// cannot be made.
func (s *Store) Function(reference uint64) (*Extern, error) {
	if reference == 0 {
		return nil, nil //nolint:nilnil // the null reference has no function
	}
	if e := s.functions[reference]; e != nil {
		return e, nil
	}
	holder, err := s.NewTable(FuncRef, Limits{Min: 1, Max: 1, HasMax: true})
	if err != nil {
		return nil, err
	}
	if err := holder.SetElement(0, reference); err != nil {
		return nil, err
	}
	for _, t := range s.types {
		if call := lookup(holder.instance, t); call != nil {
			e, err := s.trampoline(holder, t)
			if err == nil {
				e.reference = reference
				s.functions[reference] = e
			}
			return e, err
		}
	}
	return nil, errors.New("a function has a type that no module of the script defines")
}

// lookup returns the first element of a table if it has a type. wazero has no function for the type of a reference, and
// panics if it is another one.
func lookup(instance api.Module, t FuncType) (f api.Function) {
	defer func() { _ = recover() }()
	return table.LookupFunction(instance, 0, 0, apiTypes(t.Params), apiTypes(t.Results))
}

// trampoline returns a function that calls the first element of a table.
func (s *Store) trampoline(holder *Extern, t FuncType) (*Extern, error) {
	const localGet, i32Const, callIndirect = 0x20, 0x41, 0x11
	g := &generator{}
	g.imported("t", holder.name, Type{Kind: Table, Element: FuncRef})
	var body []byte
	for i := range t.Params {
		body = append(append(body, localGet), u32(uint32(i))...)
	}
	body = append(body, i32Const, 0, callIndirect)
	body = append(append(body, u32(uint32(len(g.types)))...), 0)
	g.function(only, t, body...)
	instance, err := s.generate(g, map[string]api.Module{"t": holder.instance})
	if err != nil {
		return nil, err
	}
	return s.extern(Type{Kind: Func, Func: t}, instance, only), nil
}
