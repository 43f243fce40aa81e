package engine

import (
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// In the engine the stack of an error has one line for each frame. In V8, whose format libraries print and parse, it
// begins with name and message. The engine has no hook for the format, but one for the definition of a property on objects
// of a class. It defines the stack of an error as a property, after the message.

// frameIndent begins the line of each frame.
const frameIndent = "    at "

// errorMethods is the hook for the properties of errors.
var errorMethods = lib.TJSClassExoticMethods{Fdefine_own_property: pointerTo(defineOnError)}

// installStackHeads makes the stacks of errors begin with name and message.
func (r *Runtime) installStackHeads() {
	r.class(lib.EJS_CLASS_ERROR).Fexotic = uintptr(unsafe.Pointer(&errorMethods))
}

// defineOnError defines a new property of an error. The engine calls it.
func defineOnError(tls *libc.TLS, ctx uintptr, object raw, name lib.TJSAtom, v, getter, setter raw, flags int32) int32 {
	flags |= lib.MJS_PROP_NO_EXOTIC
	if name != lib.EJS_ATOM_stack || flags&lib.MJS_PROP_ENUMERABLE != 0 || tag(v) != lib.EJS_TAG_STRING {
		return lib.XJS_DefineProperty(tls, ctx, object, name, v, getter, setter, flags)
	}
	headed := runtimeOf(tls).prependHead(object, v)
	defer lib.XFreeValue(tls, ctx, headed)
	return lib.XJS_DefineProperty(tls, ctx, object, name, headed, getter, setter, flags)
}

// prependHead returns name and message of an error, followed by its stack. It returns the stack alone if a script has set
// it, or if there is not enough memory. The caller frees the result.
func (r *Runtime) prependHead(object, stack raw) raw {
	text, err := r.text(stack)
	if err != nil || !strings.HasPrefix(text, frameIndent) && text != "" {
		return lib.XDupValue(r.tls, r.ctx, stack)
	}
	title := (&Exception{Name: r.dataText(object, lib.EJS_ATOM_name), Message: r.dataText(object, lib.EJS_ATOM_message)}).Error()
	headed, err := r.newText(title + "\n" + text)
	if err != nil {
		return lib.XDupValue(r.tls, r.ctx, stack)
	}
	return headed
}

// dataText returns a property of an object or of its prototypes if it is a string and not a getter. Otherwise, and if
// there is a proxy among them, it returns "". No code of the script runs.
func (r *Runtime) dataText(object raw, name lib.TJSAtom) string {
	const size = int(unsafe.Sizeof(lib.TJSPropertyDescriptor{}))
	p := r.tls.Alloc(size)
	defer r.tls.Free(size)
	for o := address(object); o != 0; o = at[lib.TJSShape](at[lib.TJSObject](o).Fshape).Fproto {
		if at[lib.TJSObject](o).Fclass_id == lib.EJS_CLASS_PROXY {
			return ""
		}
		found := lib.XJS_GetOwnProperty(r.tls, r.ctx, p, simple(lib.EJS_TAG_OBJECT, uint64(o)), name)
		if found == 0 {
			continue
		}
		if found < 0 {
			r.dropException()
			return ""
		}
		d := at[lib.TJSPropertyDescriptor](p)
		text := ""
		if t := tag(d.Fvalue); t == lib.EJS_TAG_STRING || t == lib.EJS_TAG_STRING_ROPE {
			text = r.primitive(d.Fvalue)
		}
		for _, v := range []raw{d.Fvalue, d.Fgetter, d.Fsetter} {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
		return text
	}
	return ""
}

// stripHead returns the lines of a stack that are frames. It returns a stack without frames unchanged, as a script may have
// set it.
func stripHead(stack, title string) string {
	if rest, ok := strings.CutPrefix(stack, title); ok && (rest == "" || rest[0] == '\n') {
		return strings.TrimPrefix(rest, "\n")
	}
	if strings.HasPrefix(stack, frameIndent) { // a script has set the stack
		return stack
	}
	if i := strings.Index(stack, "\n"+frameIndent); i >= 0 {
		return stack[i+1:]
	}
	return stack
}
