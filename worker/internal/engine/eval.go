package engine

import (
	"errors"
	"fmt"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// EvalScript runs source as a classic script, as a turn, and returns the value of its last expression. It returns
// undefined if that value cannot be converted, as scripts often end with such an expression by accident. var and function
// declarations of the script become globals. name is the file name in stacks and errors.
func (r *Runtime) EvalScript(name, source string) (result Value, err error) {
	err = r.turn(func() error {
		result, err = r.completion(r.eval(name, source, lib.MJS_EVAL_TYPE_GLOBAL))
		return err
	})
	return result.orRelease(err)
}

// completion converts the value of a script's last expression, or the exception that ended the script. It takes over the
// caller's reference to v.
func (r *Runtime) completion(v raw) (Value, error) {
	r.hold(v)
	if isException(v) {
		return Undefined(), r.thrown()
	}
	result, err := r.fromJS(v)
	var unsupported *UnsupportedError
	if errors.As(err, &unsupported) {
		return Undefined(), nil
	}
	return result, err
}

// EvalModule runs source as an ES module, as a turn. The module may use top-level await, but not import; import.meta.url
// is name, and meta are further properties of import.meta. A syntax error is returned. Exceptions of the module reject the
// Promise, which the caller must release.
func (r *Runtime) EvalModule(name, source string, meta ...Meta) (p *Promise, err error) {
	err = r.turn(func() error {
		module := r.eval(name, source, lib.MJS_EVAL_TYPE_MODULE|lib.MJS_EVAL_FLAG_COMPILE_ONLY)
		if isException(module) {
			return r.thrown()
		}
		if err := r.setImportMeta(module, append([]Meta{{"url", String(name)}}, meta...)); err != nil {
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

// eval compiles and runs source. The caller owns a reference to the result, which is a value or an exception.
func (r *Runtime) eval(name, source string, flags int32) raw {
	// At invalid UTF-8 the parser would stop with a misleading error.
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
	r.hostSource = true
	return lib.XJS_Eval(r.tls, r.ctx, text, lib.Size_t(len(source)), file, flags)
}

// Meta is a property of import.meta.
type Meta struct {
	Name  string
	Value Value
}

// setImportMeta sets the properties of import.meta of a module.
func (r *Runtime) setImportMeta(module raw, properties []Meta) error {
	meta := r.hold(lib.XJS_GetImportMeta(r.tls, r.ctx, address(module)))
	if isException(meta) {
		return r.thrown()
	}
	for _, p := range properties {
		v, err := r.toJS(p.Value)
		if err != nil {
			return err
		}
		key, err := r.cString(p.Name)
		if err != nil {
			return err
		}
		defined := lib.XJS_DefinePropertyValueStr(r.tls, r.ctx, meta, key, v, lib.MJS_PROP_C_W_E)
		r.freeCString(key)
		if defined < 0 {
			return r.thrown()
		}
	}
	return nil
}

// refuseImport is the module loader: it throws for every import statement and every import() call.
func refuseImport(tls *libc.TLS, _, name, _ uintptr) uintptr {
	r := runtimeOf(tls)
	message := fmt.Sprintf("cannot import %q: a module must be one self-contained file; bundle it first", libc.GoString(name))
	r.throwError(&Throw{Name: "TypeError", Message: message})
	return 0
}
