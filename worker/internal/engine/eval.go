package engine

import (
	"errors"
	"fmt"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// EvalScript is a turn: it runs source as a classic script, whose var and function
// declarations become globals, and gives the value of its last expression. Where
// that value has no form in Go it gives undefined: it is often there by accident.
// The name stands in stacks and messages.
func (r *Runtime) EvalScript(name, source string) (result Value, err error) {
	err = r.turn(func() error {
		v := r.hold(r.eval(name, source, lib.MJS_EVAL_TYPE_GLOBAL))
		if isException(v) {
			return r.thrown()
		}
		result, err = r.fromJS(v)
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) {
			return nil
		}
		return err
	})
	return result.unless(err)
}

// EvalModule is a turn: it runs source as one self-contained ES module with
// top-level await. A syntax error is returned; everything later is in the Promise,
// which the caller releases. import.meta.url is name; imports fail.
func (r *Runtime) EvalModule(name, source string) (*Promise, error) {
	return r.startModule(name, func() (raw, error) {
		v := r.eval(name, source, lib.MJS_EVAL_TYPE_MODULE|lib.MJS_EVAL_FLAG_COMPILE_ONLY)
		if isException(v) {
			return v, r.thrown()
		}
		return v, nil
	})
}

// eval gives a counted value or an exception.
func (r *Runtime) eval(name, source string, flags int32) raw {
	// The parser ends at invalid bytes with a message about something else.
	source = strings.ToValidUTF8(source, "\uFFFD")
	text, err := r.cString(source)
	if err != nil {
		return lib.XJS_ThrowOutOfMemory(r.tls, r.ctx)
	}
	defer r.freeCString(text)
	file, err := r.cString(name)
	if err != nil {
		return lib.XJS_ThrowOutOfMemory(r.tls, r.ctx)
	}
	defer r.freeCString(file)
	r.trusted = true
	return lib.XJS_Eval(r.tls, r.ctx, text, lib.Size_t(len(source)), file, flags)
}

// startModule evaluates the module that load makes.
func (r *Runtime) startModule(name string, load func() (raw, error)) (p *Promise, err error) {
	err = r.turn(func() error {
		module, err := load()
		if err != nil {
			return err
		}
		if err := r.setModuleURL(module, name); err != nil {
			lib.XFreeValue(r.tls, r.ctx, module)
			return err
		}
		definition := address(module)
		v := lib.XJS_EvalFunction(r.tls, r.ctx, module)
		if isException(v) {
			return r.thrown()
		}
		p = r.newPromise(v)
		p.module = definition
		return nil
	})
	if err != nil {
		if p != nil {
			p.Release()
		}
		return nil, err
	}
	return p, nil
}

func (r *Runtime) setModuleURL(module raw, name string) error {
	meta := r.hold(lib.XJS_GetImportMeta(r.tls, r.ctx, address(module)))
	if isException(meta) {
		return r.thrown()
	}
	url, err := r.newText(name)
	if err != nil {
		return err
	}
	key, err := r.cString("url")
	if err != nil {
		return err
	}
	defer r.freeCString(key)
	if lib.XJS_DefinePropertyValueStr(r.tls, r.ctx, meta, key, url, lib.MJS_PROP_C_W_E) < 0 {
		return r.thrown()
	}
	return nil
}

// refuseImport answers every import statement and import() call.
func refuseImport(tls *libc.TLS, _, name, _ uintptr) uintptr {
	r := runtimeOf(tls)
	message := fmt.Sprintf("cannot import %q: a module has to be one self-contained file, so bundle it first", libc.GoString(name))
	r.throwError(&Throw{Name: "TypeError", Message: message})
	return 0
}
