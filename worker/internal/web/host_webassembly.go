package web

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/wasm"
)

// wasmHost implements the host functions of the bundle wasm. Modules and externs have numbers in the script. Values of
// functions, globals and tables are numbers and BigInts; a function or null is the number of the extern, plus 1, or 0; any
// other reference is a number that the script gives to the object, or 0 for null.
//
// A function that can fail returns a string instead of its result: the name of an error class, a colon, and the message. It
// returns null if a function of the script has thrown, which has stored the exception.
type wasmHost struct {
	*host
	runtime *engine.Runtime
	store   *wasm.Store
	modules []*wasm.Module
	externs []*wasm.Extern
	numbers map[*wasm.Extern]int
	buffers map[*wasm.Extern]*engine.Buffer
	stack   []uint64 // of the calls in progress
}

// errThrown is the error of a function of the script that has thrown.
var errThrown = errors.New("web: a function of the script has thrown")

// wasmFunctions returns the host functions of the bundle wasm, with a new store.
func (h *host) wasmFunctions() map[string]engine.HostFunc {
	w := &wasmHost{host: h, runtime: h.realm.runtime, numbers: map[*wasm.Extern]int{}, buffers: map[*wasm.Extern]*engine.Buffer{}}
	w.store = wasm.NewStore(wasm.Options{
		MemoryLimit: w.runtime.Memory().Limit,
		AddMemory:   w.runtime.AddMemory,
		Interrupted: w.runtime.Interrupted,
		Resized:     w.detach,
	})
	w.runtime.OnClose(w.store.Close)
	return map[string]engine.HostFunc{
		"wasmValidate":       w.validate,
		"wasmPrepare":        w.prepare,
		"wasmCompile":        w.compile,
		"wasmCustom":         w.custom,
		"wasmImport":         w.importFunction,
		"wasmImportedGlobal": w.importedGlobal,
		"wasmInstantiate":    w.instantiate,
		"wasmType":           w.typeOf,
		"wasmCall":           w.call,
		"wasmMemory":         w.newMemory,
		"wasmBuffer":         w.buffer,
		"wasmGrow":           w.grow,
		"wasmTable":          w.newTable,
		"wasmSize":           w.size,
		"wasmGet":            w.get,
		"wasmSet":            w.set,
		"wasmGlobal":         w.newGlobal,
		"wasmReferences":     w.references,
	}
}

// failure returns the result of a host function for an error of the store. An interrupted call ends the turn.
func (w *wasmHost) failure(err error) (engine.Value, error) {
	var trap *wasm.Trap
	var link *wasm.LinkError
	class := "RuntimeError"
	switch {
	case errors.Is(err, errThrown):
		return engine.Null(), nil
	case errors.As(err, &trap):
		if trap.Reason == wasm.StackOverflow {
			return engine.String("RangeError:Maximum call stack size exceeded"), nil
		}
	case errors.As(err, &link):
		class = "LinkError"
	case errors.Is(err, wasm.ErrTooManyInstances), errors.Is(err, wasm.ErrNoMemory), errors.Is(err, wasm.ErrTableSize):
		class = "RangeError"
	default:
		return engine.Undefined(), err
	}
	return engine.String(class + ":" + err.Error()), nil
}

// module returns the module of the first argument.
func (w *wasmHost) module(args []engine.Value) (*wasm.Module, error) {
	n := argument(args, 0).Int()
	if n < 0 || n >= len(w.modules) {
		return nil, typeError("there is no such module")
	}
	return w.modules[n], nil
}

// extern returns the extern of an argument, which must have one of the kinds.
func (w *wasmHost) extern(args []engine.Value, i int, kinds ...wasm.Kind) (*wasm.Extern, error) {
	if n := argument(args, i).Int(); n >= 0 && n < len(w.externs) {
		e := w.externs[n]
		for _, kind := range kinds {
			if e.Type.Kind == kind {
				return e, nil
			}
		}
	}
	return nil, typeError("there is no such object")
}

// number returns the number of an extern.
func (w *wasmHost) number(e *wasm.Extern) engine.Value {
	n, ok := w.numbers[e]
	if !ok {
		n = len(w.externs)
		w.externs = append(w.externs, e)
		w.numbers[e] = n
	}
	return engine.Int(n)
}

// created returns the number of a new extern, or the failure.
func (w *wasmHost) created(e *wasm.Extern, err error) (engine.Value, error) {
	if err != nil {
		return w.failure(err)
	}
	return w.number(e), nil
}

// wasmValidate(bytes) reports whether the bytes are a valid module.
func (w *wasmHost) validate(args []engine.Value) (engine.Value, error) {
	return engine.Bool(w.store.Validate(argument(args, 0).Bytes()) == nil), nil
}

// smallModule is the size of modules that are compiled within an event, in bytes.
const smallModule = 4 << 10

// wasmPrepare(settle, bytes) compiles a module, so that wasmCompile takes less time: see host.later. The result is true, or
// false for an invalid module.
func (w *wasmHost) prepare(args []engine.Value) (engine.Value, error) {
	module := argument(args, 1).Bytes()
	return w.later(argument(args, 0), len(module) > smallModule, len(module), func(context.Context) (engine.Value, error) {
		return engine.Bool(wasm.Prepare(module) == nil), nil
	})
}

// wasmCompile(bytes) compiles a module. It returns its number, the imports as lists of module, name and kind, and the exports
// as lists of name and kind.
func (w *wasmHost) compile(args []engine.Value) (engine.Value, error) {
	m, err := w.store.Compile(argument(args, 0).Bytes())
	if errors.Is(err, wasm.ErrNoMemory) {
		return w.failure(err)
	}
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return engine.String("CompileError:" + text), nil
	}
	w.modules = append(w.modules, m)
	imports, exports := make([]engine.Value, len(m.Imports)), make([]engine.Value, len(m.Exports))
	for i, imported := range m.Imports {
		imports[i] = texts(imported.Module, imported.Name, imported.Type.Kind.String())
	}
	for i, exported := range m.Exports {
		exports[i] = texts(exported.Name, exported.Type.Kind.String())
	}
	return engine.List(engine.Int(len(w.modules)-1), engine.List(imports...), engine.List(exports...)), nil
}

// wasmCustom(module, name) returns the contents of the custom sections of a name.
func (w *wasmHost) custom(args []engine.Value) (engine.Value, error) {
	m, err := w.module(args)
	if err != nil {
		return engine.Undefined(), err
	}
	var list []engine.Value
	for _, section := range m.Customs {
		if section.Name == argument(args, 1).String() {
			list = append(list, engine.Bytes(section.Content))
		}
	}
	return engine.List(list...), nil
}

// wasmImport(module, i, function) makes a function of the script the value for import i of a module. The function gets and
// returns values of WebAssembly, several results as an array. It returns false if it has stored an exception.
func (w *wasmHost) importFunction(args []engine.Value) (engine.Value, error) {
	m, err := w.module(args)
	if err != nil {
		return engine.Undefined(), err
	}
	i, f := argument(args, 1).Int(), argument(args, 2).Function()
	if i < 0 || i >= len(m.Imports) || m.Imports[i].Type.Kind != wasm.Func || f == nil {
		return engine.Undefined(), typeError("there is no such import of a function")
	}
	t := m.Imports[i].Type.Func
	f.Keep() // until the runtime is closed, because an instance may call it as long
	return w.created(w.store.NewFunction(t, func(stack []uint64) error { return w.callScript(f, t, stack) }))
}

// wasmImportedGlobal(module, i) returns the type of import i of a module, which is a global, and whether it is mutable.
func (w *wasmHost) importedGlobal(args []engine.Value) (engine.Value, error) {
	m, err := w.module(args)
	if err != nil {
		return engine.Undefined(), err
	}
	i := argument(args, 1).Int()
	if i < 0 || i >= len(m.Imports) || m.Imports[i].Type.Kind != wasm.Global {
		return engine.Undefined(), typeError("there is no such import of a global")
	}
	t := m.Imports[i].Type
	return engine.List(engine.String(t.Value.String()), engine.Bool(t.Mutable)), nil
}

// callScript calls a function of the script.
func (w *wasmHost) callScript(f *engine.Function, t wasm.FuncType, stack []uint64) error {
	if w.runtime.Interrupted() {
		return engine.ErrInterrupted
	}
	args := make([]engine.Value, len(t.Params))
	for i, p := range t.Params {
		var err error
		if args[i], err = w.toScript(p, stack[i]); err != nil {
			return err
		}
	}
	result, err := w.runtime.Call(f, args...)
	switch {
	case err != nil:
		return err
	case result.Kind() == engine.KindBool:
		return errThrown
	}
	results := result.List()
	if len(t.Results) == 1 {
		results = []engine.Value{result}
	}
	for i, r := range t.Results {
		if stack[i], err = w.fromScript(r, argument(results, i)); err != nil {
			return err
		}
	}
	return nil
}

// toScript converts a value of the stack.
func (w *wasmHost) toScript(t wasm.ValueType, bits uint64) (engine.Value, error) {
	switch t {
	case wasm.I32:
		return engine.Int(int(int32(bits))), nil
	case wasm.I64:
		return engine.BigInt(int64(bits)), nil
	case wasm.F32:
		return engine.Number(float64(math.Float32frombits(uint32(bits)))), nil
	case wasm.F64:
		return engine.Number(math.Float64frombits(bits)), nil
	case wasm.ExternRef:
		return engine.Number(float64(bits)), nil
	case wasm.FuncRef:
		f, err := w.store.Function(bits)
		if err != nil || f == nil {
			return engine.Int(0), err
		}
		return engine.Int(w.number(f).Int() + 1), nil
	case wasm.V128:
	}
	return engine.Undefined(), typeError(fmt.Sprintf("a value of type %v cannot be passed between WebAssembly and the script", t))
}

// fromScript converts a value to one of the stack.
func (w *wasmHost) fromScript(t wasm.ValueType, v engine.Value) (uint64, error) {
	switch t {
	case wasm.I32:
		return uint64(uint32(int64(v.Float()))), nil
	case wasm.I64:
		return uint64(v.BigInt()), nil
	case wasm.F32:
		return uint64(math.Float32bits(float32(v.Float()))), nil
	case wasm.F64:
		return math.Float64bits(v.Float()), nil
	case wasm.ExternRef:
		return uint64(v.Int()), nil
	case wasm.FuncRef:
		if v.Int() == 0 {
			return 0, nil
		}
		f, err := w.extern([]engine.Value{engine.Int(v.Int() - 1)}, 0, wasm.Func)
		if err != nil {
			return 0, err
		}
		return f.Reference()
	case wasm.V128:
	}
	return 0, typeError(fmt.Sprintf("a value of type %v cannot be passed between WebAssembly and the script", t))
}

// wasmInstantiate(module, externs) makes an instance, and returns the numbers of its exports.
func (w *wasmHost) instantiate(args []engine.Value) (engine.Value, error) {
	m, err := w.module(args)
	if err != nil {
		return engine.Undefined(), err
	}
	list := argument(args, 1).List()
	if len(list) != len(m.Imports) {
		return engine.Undefined(), typeError("the number of imports is wrong")
	}
	imports := make([]*wasm.Extern, len(list))
	for i := range list {
		if imports[i], err = w.extern(list, i, wasm.Func, wasm.Table, wasm.Memory, wasm.Global); err != nil {
			return engine.Undefined(), err
		}
	}
	exports, err := w.store.Instantiate(m, imports)
	if err != nil {
		return w.failure(err)
	}
	numbers := make([]engine.Value, len(exports))
	for i, e := range exports {
		numbers[i] = w.number(e)
	}
	return engine.List(numbers...), nil
}

// wasmType(extern) returns the kind of an extern and its types: the parameters and results of a function and its index, the
// type of the elements of a table, or the type of a global and whether it is mutable.
func (w *wasmHost) typeOf(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Func, wasm.Table, wasm.Memory, wasm.Global)
	if err != nil {
		return engine.Undefined(), err
	}
	list := []engine.Value{engine.String(e.Type.Kind.String())}
	switch e.Type.Kind {
	case wasm.Func:
		list = append(list, typeNames(e.Type.Func.Params), typeNames(e.Type.Func.Results), engine.Int(int(e.Index)))
	case wasm.Table:
		list = append(list, engine.String(e.Type.Element.String()))
	case wasm.Global:
		list = append(list, engine.String(e.Type.Value.String()), engine.Bool(e.Type.Mutable))
	case wasm.Memory:
	}
	return engine.List(list...), nil
}

func typeNames(types []wasm.ValueType) engine.Value {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return texts(names...)
}

// wasmCall(function, ...parameters) calls a function. It returns the result, or a list of several results.
func (w *wasmHost) call(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Func)
	if err != nil {
		return engine.Undefined(), err
	}
	t, first := e.Type.Func, len(w.stack)
	for range max(len(t.Params), len(t.Results)) {
		w.stack = append(w.stack, 0)
	}
	defer func() { w.stack = w.stack[:first] }()
	stack := w.stack[first:]
	for i, p := range t.Params {
		if stack[i], err = w.fromScript(p, argument(args, i+1)); err != nil {
			return engine.Undefined(), err
		}
	}
	if err := e.Call(stack); err != nil {
		return w.failure(err)
	}
	switch len(t.Results) {
	case 0:
		return engine.Undefined(), nil
	case 1:
		return w.toScript(t.Results[0], stack[0])
	}
	results := make([]engine.Value, len(t.Results))
	for i, r := range t.Results {
		if results[i], err = w.toScript(r, stack[i]); err != nil {
			return engine.Undefined(), err
		}
	}
	return engine.List(results...), nil
}

// wasmReferences() returns the numbers of the objects of the script to which tables and globals refer, as 32-bit numbers
// in the byte order of typed arrays. It returns null while a call is in progress.
func (w *wasmHost) references([]engine.Value) (engine.Value, error) {
	if w.store.Running() {
		return engine.Null(), nil
	}
	var numbers []byte
	err := w.store.References(func(reference uint64) {
		numbers = binary.NativeEndian.AppendUint32(numbers, uint32(reference))
	})
	if err != nil {
		return w.failure(err)
	}
	return engine.Bytes(numbers), nil
}
