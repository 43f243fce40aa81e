package engine

import (
	"unsafe"

	lib "modernc.org/libquickjs"
)

// errorClasses maps the names of the built-in subclasses of Error to the engine's numbers.
var errorClasses = map[string]uintptr{
	"EvalError":      lib.EJS_EVAL_ERROR,
	"RangeError":     lib.EJS_RANGE_ERROR,
	"ReferenceError": lib.EJS_REFERENCE_ERROR,
	"SyntaxError":    lib.EJS_SYNTAX_ERROR,
	"TypeError":      lib.EJS_TYPE_ERROR,
	"URIError":       lib.EJS_URI_ERROR,
	"InternalError":  lib.EJS_INTERNAL_ERROR,
}

// throwError makes a new error object the pending exception. The engine adds the stack while the exception propagates.
func (r *Runtime) throwError(t *Throw) raw {
	e := r.newError(t.Name)
	if isException(e) {
		return e // the engine has thrown an out-of-memory error
	}
	_, builtIn := errorClasses[t.Name]
	if !r.setText(e, lib.EJS_ATOM_message, t.Message) ||
		!builtIn && t.Name != "Error" && t.Name != "" && !r.setText(e, lib.EJS_ATOM_name, t.Name) {
		lib.XFreeValue(r.tls, r.ctx, e)
		return lib.XJS_ThrowOutOfMemory(r.tls, r.ctx)
	}
	return lib.XJS_Throw(r.tls, r.ctx, e)
}

// throwStop throws an exception that the script cannot catch.
func (r *Runtime) throwStop() raw {
	r.throwError(&Throw{Name: "InternalError", Message: "interrupted"})
	lib.XJS_SetUncatchableException(r.tls, r.ctx, 1)
	return rawException()
}

// newError returns an error of a built-in class. It uses the engine's own prototypes, as a script may have replaced the
// classes in the global object.
func (r *Runtime) newError(name string) raw {
	class, ok := errorClasses[name]
	if !ok {
		return lib.XJS_NewError(r.tls, r.ctx)
	}
	protos := r.ctx + unsafe.Offsetof(lib.TJSContext{}.Fnative_error_proto)
	return lib.XJS_NewObjectProtoClass(r.tls, r.ctx, *at[raw](protos + class*rawSize), lib.EJS_CLASS_ERROR)
}

// setText defines a property that is a string. It reports false if there is not enough memory.
func (r *Runtime) setText(object raw, name lib.TJSAtom, text string) bool {
	v, err := r.newText(text)
	if err != nil {
		return false
	}
	const flags = lib.MJS_PROP_CONFIGURABLE | lib.MJS_PROP_WRITABLE
	return lib.XJS_DefinePropertyValue(r.tls, r.ctx, object, name, v, flags) >= 0
}
