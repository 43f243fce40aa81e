package web

import (
	"errors"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/wasm"
)

// limits returns the limits in two arguments. A maximum of -1 means none.
func limits(args []engine.Value, i int) wasm.Limits {
	l := wasm.Limits{Min: uint32(argument(args, i).Int())}
	if n := argument(args, i+1).Int(); n >= 0 {
		l.Max, l.HasMax = uint32(n), true
	}
	return l
}

// wasmMemory(min, max) creates a memory.
func (w *wasmHost) newMemory(args []engine.Value) (engine.Value, error) {
	return w.created(w.store.NewMemory(limits(args, 0)))
}

// wasmBuffer(memory) returns the ArrayBuffer of a memory, which is a new one after the memory has grown.
func (w *wasmHost) buffer(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Memory)
	if err != nil {
		return engine.Undefined(), err
	}
	b := w.buffers[e]
	if b == nil {
		if b, err = w.runtime.NewBuffer(e.Bytes()); err != nil {
			return engine.Undefined(), err
		}
		w.buffers[e] = b
	}
	return b.Value(), nil
}

// detach detaches the buffer of a memory that grows.
func (w *wasmHost) detach(e *wasm.Extern) {
	if b := w.buffers[e]; b != nil {
		b.Detach()
		b.Release()
		delete(w.buffers, e)
	}
}

// wasmGrow(extern, n, reference) grows a memory or table. It returns the size before, or -1.
func (w *wasmHost) grow(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Memory, wasm.Table)
	if err != nil {
		return engine.Undefined(), err
	}
	var reference uint64
	if e.Type.Kind == wasm.Table {
		if reference, err = w.fromScript(e.Type.Element, argument(args, 2)); err != nil {
			return engine.Undefined(), err
		}
	}
	before, ok := e.Grow(uint32(argument(args, 1).Int()), reference)
	if !ok {
		return engine.Int(-1), nil
	}
	if e.Type.Kind == wasm.Memory {
		w.detach(e) // also if it grows by 0 (WebAssembly JavaScript Interface, section 5.3)
	}
	return engine.Int(int(before)), nil
}

// wasmTable(type, min, max) creates a table.
func (w *wasmHost) newTable(args []engine.Value) (engine.Value, error) {
	t, ok := wasm.TypeOf(argument(args, 0).String())
	if !ok {
		return engine.Undefined(), typeError("there is no such type of elements")
	}
	return w.created(w.store.NewTable(t, limits(args, 1)))
}

// wasmSize(table) returns the number of elements.
func (w *wasmHost) size(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Table)
	if err != nil {
		return engine.Undefined(), err
	}
	return engine.Number(float64(e.Size())), nil
}

// wasmGet(table, i) returns an element, and wasmGet(global) the value.
func (w *wasmHost) get(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Table, wasm.Global)
	if err != nil {
		return engine.Undefined(), err
	}
	if e.Type.Kind == wasm.Global {
		return w.toScript(e.Type.Value, e.Get())
	}
	bits, err := e.Element(uint32(argument(args, 1).Int()))
	if err != nil {
		return w.failure(err)
	}
	return w.toScript(e.Type.Element, bits)
}

// wasmSet(extern, value, i) sets an element of a table or the value of a global.
func (w *wasmHost) set(args []engine.Value) (engine.Value, error) {
	e, err := w.extern(args, 0, wasm.Table, wasm.Global)
	if err != nil {
		return engine.Undefined(), err
	}
	t := e.Type.Value
	if e.Type.Kind == wasm.Table {
		t = e.Type.Element
	}
	bits, err := w.fromScript(t, argument(args, 1))
	if err != nil {
		return engine.Undefined(), err
	}
	if e.Type.Kind == wasm.Global {
		e.Set(bits)
		return engine.Undefined(), nil
	}
	if err := e.SetElement(uint32(argument(args, 2).Int()), bits); err != nil {
		return w.failure(err)
	}
	return engine.Undefined(), nil
}

// wasmGlobal(type, mutable, value) creates a global.
func (w *wasmHost) newGlobal(args []engine.Value) (engine.Value, error) {
	t, ok := wasm.TypeOf(argument(args, 0).String())
	if !ok {
		return engine.Undefined(), typeError("there is no such type of values")
	}
	bits, err := w.fromScript(t, argument(args, 2))
	if err != nil {
		return engine.Undefined(), err
	}
	e, err := w.store.NewGlobal(t, argument(args, 1).Bool(), bits)
	if err != nil && !errors.Is(err, wasm.ErrTooManyInstances) {
		return engine.Undefined(), typeError(err.Error())
	}
	return w.created(e, err)
}
