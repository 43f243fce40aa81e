package engine

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Bytecode is a script or module compiled for further runtimes of this process. It
// is safe to share. It has no outside form: its format belongs to this exact engine
// version, and reading it is not safe against bytes made by others.
type Bytecode struct {
	name   string
	module bool
	code   []byte
}

// Compile compiles source as a classic script for Run. Its functions have places but no text: as text each is
// "function name() { [native code] }", and a runtime need not hold the source.
func Compile(name, source string) (Bytecode, error) {
	return compile(Bytecode{name: name}, source, lib.MJS_EVAL_TYPE_GLOBAL)
}

// CompileModule compiles source as an ES module for RunModule, without the text of functions as Compile does.
func CompileModule(name, source string) (Bytecode, error) {
	return compile(Bytecode{name: name, module: true}, source, lib.MJS_EVAL_TYPE_MODULE)
}

func compile(b Bytecode, source string, flags int32) (Bytecode, error) {
	r, err := New(Options{})
	if err != nil {
		return Bytecode{}, err
	}
	defer r.stop()
	lib.XJS_SetStripInfo(r.tls, r.rt, lib.MJS_STRIP_SOURCE)
	err = r.turn(func() error {
		v := r.hold(r.eval(b.name, source, flags|lib.MJS_EVAL_FLAG_COMPILE_ONLY))
		if isException(v) {
			return r.thrown()
		}
		b.code, err = r.write(v)
		return err
	})
	if err != nil {
		return Bytecode{}, err
	}
	return b, nil
}

// Run is a turn: it runs a compiled script.
func (r *Runtime) Run(b Bytecode) error {
	if b.module || b.code == nil {
		return errors.New("engine: Run takes what Compile made; use RunModule for modules")
	}
	return r.turn(func() error {
		f, err := r.read(b)
		if err != nil {
			return err
		}
		if v := r.hold(lib.XJS_EvalFunction(r.tls, r.ctx, f)); isException(v) {
			return r.thrown()
		}
		return nil
	})
}

// RunModule is a turn: it runs a compiled module as EvalModule would.
func (r *Runtime) RunModule(b Bytecode) (*Promise, error) {
	if !b.module {
		return nil, errors.New("engine: RunModule takes what CompileModule made; use Run for scripts")
	}
	return r.startModule(b.name, func() (raw, error) {
		v, err := r.read(b)
		if err == nil && lib.XJS_ResolveModule(r.tls, r.ctx, v) < 0 {
			lib.XFreeValue(r.tls, r.ctx, v)
			return v, r.thrown()
		}
		return v, err
	})
}

func (r *Runtime) write(v raw) ([]byte, error) {
	const size = int(unsafe.Sizeof(lib.Tsize_t(0)))
	length := r.tls.Alloc(size)
	defer r.tls.Free(size)
	p := lib.XJS_WriteObject(r.tls, r.ctx, length, v, lib.MJS_WRITE_OBJ_BYTECODE)
	if p == 0 {
		return nil, r.thrown()
	}
	defer lib.Xjs_free(r.tls, r.ctx, p)
	return clone(memory[byte](p, int(*at[lib.Tsize_t](length)))), nil
}

// read gives a counted function or module that has not run yet.
func (r *Runtime) read(b Bytecode) (raw, error) {
	p := libc.Xmalloc(r.tls, lib.Size_t(len(b.code)))
	if p == 0 {
		return rawUndefined(), ErrOutOfMemory
	}
	defer libc.Xfree(r.tls, p)
	copy(memory[byte](p, len(b.code)), b.code)
	r.compile(anyRoom)
	v := lib.XJS_ReadObject(r.tls, r.ctx, p, lib.Tsize_t(len(b.code)), lib.MJS_READ_OBJ_BYTECODE)
	r.compiled()
	if isException(v) {
		return v, r.thrown()
	}
	return v, nil
}
