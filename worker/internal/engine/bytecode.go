package engine

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Bytecode is a compiled script that any Runtime of this process can run. It is safe for concurrent use. It cannot be
// serialized: the format is specific to the version of the engine, and reading bytecode from another source is not memory
// safe.
type Bytecode struct{ code []byte }

// Compile compiles source as a classic script for Run. The bytecode has positions for stacks, but not the source text, so
// that a Runtime need not hold it: converted to a string, each function is "function name() { [native code] }".
func Compile(name, source string) (b Bytecode, err error) {
	r, err := New(Options{}) // only for this call
	if err != nil {
		return Bytecode{}, err
	}
	defer r.dispose()
	lib.XJS_SetStripInfo(r.tls, r.rt, lib.MJS_STRIP_SOURCE)
	err = r.turn(func() error {
		v := r.hold(r.eval(name, source, lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY))
		if isException(v) {
			return r.thrown()
		}
		b.code, err = r.serialize(v)
		return err
	})
	if err != nil {
		return Bytecode{}, err
	}
	return b, nil
}

// Bytes returns the bytecode as bytes, for [BytecodeOf] in another process of the same program. They must not be changed.
func (b Bytecode) Bytes() []byte { return b.code }

// BytecodeOf returns the Bytecode whose Bytes are code. They are not checked: the engine may do anything with other bytes.
func BytecodeOf(code []byte) Bytecode { return Bytecode{code} }

// Run runs a compiled script, as a turn. It returns the value of its last expression as EvalScript does.
func (r *Runtime) Run(b Bytecode) (result Value, err error) {
	if b.code == nil {
		return Undefined(), errors.New("engine: Run needs bytecode of Compile")
	}
	err = r.turn(func() error {
		f, err := r.deserialize(b)
		if err != nil {
			return err
		}
		result, err = r.completion(lib.XJS_EvalFunction(r.tls, r.ctx, f))
		return err
	})
	return result.orRelease(err)
}

// serialize returns the bytecode of a compiled function.
func (r *Runtime) serialize(v raw) ([]byte, error) {
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

// deserialize returns the function that b contains, which has not run yet. The caller owns a reference to it.
func (r *Runtime) deserialize(b Bytecode) (raw, error) {
	p := libc.Xmalloc(r.tls, lib.Size_t(len(b.code)))
	if p == 0 {
		return rawUndefined(), ErrOutOfMemory
	}
	defer libc.Xfree(r.tls, p)
	copy(memory[byte](p, len(b.code)), b.code)
	r.raiseLimit(unlimitedRoom)
	v := lib.XJS_ReadObject(r.tls, r.ctx, p, lib.Tsize_t(len(b.code)), lib.MJS_READ_OBJ_BYTECODE)
	r.restoreLimit()
	if isException(v) {
		return v, r.thrown()
	}
	return v, nil
}
