package wasm

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Page is the size of a page of a memory, in bytes.
const Page = 64 << 10

// maxPages bounds a memory to what an ArrayBuffer can have, 2 GiB.
const maxPages = 1<<15 - 1

// MaxInstances bounds the instances of a Store, with those of the modules that it generates: instances are freed with
// their Store only, because functions and memories of other instances may depend on them.
const MaxInstances = 4096

// Options are the limits of a Store, and its connections to the script.
type Options struct {
	// MemoryLimit is the maximum size of a single memory in bytes. 0 means 2 GiB.
	MemoryLimit int64

	// AddMemory is called before a memory grows by n bytes. A memory does not grow if it returns false. nil means no limit.
	AddMemory func(n int64) bool

	// Interrupted reports whether the functions that run must end. It is called again and again while they run. nil means
	// never.
	Interrupted func() bool

	// Resized is called when the size of a memory has changed, also while an instance runs.
	Resized func(*Extern)
}

// Store has the modules and instances of one script. It may be used by one goroutine at a time.
type Store struct {
	options   Options
	runtime   wazero.Runtime
	ctx       context.Context //nolint:containedctx // it has the allocator of memories
	check     api.Module      // the function that ends interrupted code
	running   int             // calls of WebAssembly functions in progress
	instances int
	modules   []*Module
	mappings  []*mapping           // of all memories, freed by Close
	memories  map[*mapping]*Extern // the memories that have been seen
	holders   []*Extern            // everything that holds references to objects of the script
	functions map[uint64]*Extern   // functions by their references
	types     []FuncType           // all function types of the modules
	generated map[string]*Module   // the generated modules that are used again
}

// NewStore returns a Store, which the caller must close.
func NewStore(options Options) *Store {
	s := &Store{
		options:   options,
		memories:  map[*mapping]*Extern{},
		functions: map[uint64]*Extern{},
		generated: map[string]*Module{},
	}
	pages := int64(maxPages)
	if options.MemoryLimit > 0 {
		pages = min(pages, max(options.MemoryLimit/Page, 1))
	}
	s.ctx = experimental.WithMemoryAllocator(context.Background(), experimental.MemoryAllocatorFunc(s.allocate))
	s.runtime = wazero.NewRuntimeWithConfig(s.ctx, compilations().config(uint32(pages)))
	return s
}

// checkInterrupt returns ErrInterrupted if the code that runs must end.
func (s *Store) checkInterrupt([]uint64) error {
	if s.options.Interrupted != nil && s.options.Interrupted() {
		return ErrInterrupted
	}
	return nil
}

// Running reports whether a call is in progress.
func (s *Store) Running() bool { return s.running > 0 }

// Close frees the memory of all instances. No buffer of a memory may be used any more.
func (s *Store) Close() {
	_ = s.runtime.Close(context.Background())
	for _, m := range s.modules {
		_ = m.compiled.Close(context.Background())
	}
	for _, m := range s.mappings {
		m.free()
	}
	s.mappings = nil
}

// Module is a compiled module.
type Module struct {
	*Description
	compiled wazero.CompiledModule
}

// Compile compiles a module in the binary format.
func (s *Store) Compile(binary []byte) (*Module, error) {
	description, module, err := prepare(binary)
	if err != nil {
		return nil, err
	}
	size := compiledSize * int64(len(module))
	if !s.addMemory(size) {
		return nil, ErrNoMemory
	}
	var m *Module
	if err = compilations().keep(module); err == nil {
		m, err = s.compile(description, module)
	}
	if err != nil {
		s.addMemory(-size)
	}
	return m, err
}

// prepare returns the description of a module, and the module for wazero: without custom sections, whose contents wazero
// would check, linked and interruptible.
func prepare(binary []byte) (*Description, []byte, error) {
	description, found, err := describe(binary)
	if err == nil {
		err = link(description, found)
	}
	if err == nil {
		err = interruptible(description, found)
	}
	if err != nil {
		return nil, nil, err
	}
	return description, found.module(), nil
}

// compile compiles a module, or finds its machine code in the cache.
func (s *Store) compile(description *Description, module []byte) (*Module, error) {
	compiled, err := s.runtime.CompileModule(s.ctx, module)
	if err != nil {
		return nil, err
	}
	m := &Module{description, compiled}
	s.modules = append(s.modules, m)
	s.types = append(s.types, description.types...)
	return m, nil
}

// Validate returns an error if the bytes are not a valid module.
func (s *Store) Validate(binary []byte) error {
	_, module, err := prepare(binary)
	if err != nil {
		return err
	}
	compiled, err := s.runtime.CompileModule(s.ctx, module)
	if err == nil {
		err = compiled.Close(s.ctx)
	}
	return err
}

// ErrTooManyInstances is the error for an instance beyond MaxInstances.
var ErrTooManyInstances = fmt.Errorf("a script may create at most %d instances, memories, tables and globals: create them once, when the script is loaded", MaxInstances)

// ErrTableSize is the error for a table that begins with too many elements.
var ErrTableSize = fmt.Errorf("a table has at most %d elements", maxElements)

// ErrNoMemory is the error for a module, or for an instance with its memory and tables, that would exceed the limit.
var ErrNoMemory = errors.New("the memory limit of the script is reached")

const (
	compiledSize = 4 // bytes that are counted for each byte of a module, for its machine code
	elementSize  = 8 // bytes of an element of a table; all that it may have are counted
)

// addMemory counts n bytes towards the limit. It reports false if they would exceed it.
func (s *Store) addMemory(n int64) bool {
	return n == 0 || s.options.AddMemory == nil || s.options.AddMemory(n)
}

// instantiate makes an instance. modules are the imported modules by their names.
func (s *Store) instantiate(m *Module, modules map[string]api.Module) (api.Module, error) {
	if s.instances >= MaxInstances {
		return nil, ErrTooManyInstances
	}
	size := int64(m.pages) * Page
	if !s.addMemory(size) { // wazero cannot handle an allocation that fails
		return nil, ErrNoMemory
	}
	s.addMemory(-size)
	if s.check == nil {
		check, err := s.NewFunction(FuncType{}, s.checkInterrupt)
		if err != nil {
			return nil, err
		}
		s.check = check.instance
	}
	tables := elementSize * int64(m.elements)
	if !s.addMemory(tables) {
		return nil, ErrNoMemory
	}
	s.instances++
	ctx := experimental.WithImportResolver(s.ctx, func(name string) api.Module {
		if name == checkName {
			return s.check
		}
		return modules[name]
	})
	s.running++
	defer func() { s.running-- }()
	instance, err := s.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	switch {
	case err == nil:
		for _, e := range m.holders {
			s.holders = append(s.holders, s.extern(e.Type, instance, e.Name))
		}
	case asTrap(err) == nil: // the imports do not match, so that there are no tables
		s.addMemory(-tables)
	}
	return instance, err
}

// References calls f with each reference to an object of the script that a table or global has. No call may be in progress,
// because the variables of functions are not included.
func (s *Store) References(f func(uint64)) error {
	for _, holder := range s.holders {
		if holder.Type.Kind == Global {
			f(holder.Get())
			continue
		}
		for i := range holder.Size() {
			reference, err := holder.Element(i)
			if err != nil {
				return err
			}
			f(reference)
		}
	}
	return nil
}

// generate makes an instance of a generated module.
func (s *Store) generate(g *generator, modules map[string]api.Module) (api.Module, error) {
	binary := g.module()
	m := s.generated[string(binary)]
	if m == nil {
		description, found, err := describe(binary)
		if err == nil {
			err = link(description, found)
		}
		if err == nil {
			m, err = s.compile(description, found.module())
		}
		if err != nil {
			return nil, err
		}
		s.generated[string(binary)] = m
	}
	return s.instantiate(m, modules)
}

// Instantiate makes an instance of a module, and runs its start function. imports are the values of its imports, in their
// order. The result are the values of its exports, in their order. The error is a *[LinkError] if an import has a wrong
// type, a *[Trap] if the start function fails, or the error of a function that it has called.
func (s *Store) Instantiate(m *Module, imports []*Extern) ([]*Extern, error) {
	modules, err := s.adapters(m, imports)
	if err != nil {
		return nil, err
	}
	instance, err := s.instantiate(m, modules)
	if err != nil {
		return nil, instantiationError(err)
	}
	var own [4][]*Extern // the imports by kind, which the module can export again
	for i, imported := range m.Imports {
		own[imported.Type.Kind] = append(own[imported.Type.Kind], imports[i])
	}
	exports := make([]*Extern, len(m.Exports))
	seen := map[[2]uint32]*Extern{}
	for i, e := range m.Exports {
		key := [2]uint32{uint32(e.Type.Kind), e.index}
		switch {
		case int(e.index) < len(own[e.Type.Kind]):
			exports[i] = own[e.Type.Kind][e.index].exported()
		case seen[key] != nil:
			exports[i] = seen[key]
		default:
			exports[i] = s.extern(e.Type, instance, e.Name)
			exports[i].Index = e.index
		}
		seen[key] = exports[i]
	}
	return exports, nil
}

// adapters makes an instance for each module that m imports, which has the imports of that module as exports.
func (s *Store) adapters(m *Module, imports []*Extern) (map[string]api.Module, error) {
	generators, providers := map[string]*generator{}, map[string]map[string]api.Module{}
	for i, imported := range m.Imports {
		name := linkName(imported.Module)
		if generators[name] == nil {
			generators[name], providers[name] = &generator{}, map[string]api.Module{}
		}
		value, g := imports[i], generators[name]
		if value.Type.Kind != imported.Type.Kind {
			return nil, &LinkError{fmt.Errorf("the import %s.%s must be a %v, not a %v", name, imported.Name, imported.Type.Kind, value.Type.Kind)}
		}
		t := imported.Type
		if t.Kind == Memory || t.Kind == Table {
			t.Limits = Limits{} // the sizes are checked when m is instantiated
		}
		provider := fmt.Sprint(i)
		providers[name][provider] = value.instance
		g.exportOnce(imported.Name, t.Kind, g.imported(provider, value.name, t))
	}
	modules := map[string]api.Module{}
	for name, g := range generators {
		adapter, err := s.generate(g, providers[name])
		if err != nil {
			return nil, instantiationError(err)
		}
		modules[name] = adapter
	}
	return modules, nil
}

// LinkError is the error for an import with a wrong type.
type LinkError struct{ err error }

func (e *LinkError) Error() string { return e.err.Error() }

// Unwrap returns the error of the linker.
func (e *LinkError) Unwrap() error { return e.err }

// instantiationError returns the error of Instantiate for one of wazero: errors before the start function are about
// imports, data or elements.
func instantiationError(err error) error {
	if errors.Is(err, ErrTooManyInstances) || errors.Is(err, ErrNoMemory) {
		return err
	}
	if trap := asTrap(err); trap != nil {
		return trap
	}
	return &LinkError{err}
}
