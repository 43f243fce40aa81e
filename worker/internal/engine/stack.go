package engine

import (
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The engine's stacks have a line for each frame and nothing else. Those of V8, which libraries print and parse, begin
// with name and message. The engine has no hook for that, but one for each property that an object of a class gets; the
// stack is such a property, and the message is there before it.

const frameIndent = "    at "

// errorMethods is how errors get properties.
var errorMethods = lib.TJSClassExoticMethods{Fdefine_own_property: pointerTo(defineOnError)}

// headStacks has the stacks of errors begin with name and message.
func (r *Runtime) headStacks() {
	r.class(lib.EJS_CLASS_ERROR).Fexotic = uintptr(unsafe.Pointer(&errorMethods))
}

// defineOnError is called where an error is to get a property that it does not have.
func defineOnError(tls *libc.TLS, ctx uintptr, object raw, name lib.TJSAtom, v, getter, setter raw, flags int32) int32 {
	flags |= lib.MJS_PROP_NO_EXOTIC
	if name != lib.EJS_ATOM_stack || flags&lib.MJS_PROP_ENUMERABLE != 0 || tag(v) != lib.EJS_TAG_STRING {
		return lib.XJS_DefineProperty(tls, ctx, object, name, v, getter, setter, flags)
	}
	headed := runtimeOf(tls).withHead(object, v)
	defer lib.XFreeValue(tls, ctx, headed)
	return lib.XJS_DefineProperty(tls, ctx, object, name, headed, getter, setter, flags)
}

// withHead returns the stack of an error behind its name and message. Where there is no memory for it, and for what a
// script has set, it is the stack. The caller frees it.
func (r *Runtime) withHead(object, stack raw) raw {
	text, err := r.text(stack)
	if err != nil || !strings.HasPrefix(text, frameIndent) && text != "" {
		return lib.XDupValue(r.tls, r.ctx, stack)
	}
	title := (&Exception{Name: r.plain(object, lib.EJS_ATOM_name), Message: r.plain(object, lib.EJS_ATOM_message)}).Error()
	headed, err := r.newText(title + "\n" + text)
	if err != nil {
		return lib.XDupValue(r.tls, r.ctx, stack)
	}
	return headed
}

// plain reads a text that an object or one of its prototypes has, without running any script: a getter or a proxy counts
// as "".
func (r *Runtime) plain(object raw, name lib.TJSAtom) string {
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

// withoutHead returns the frames of a stack, one line for each. A stack that has none is what a script has set.
func withoutHead(stack, title string) string {
	if rest, ok := strings.CutPrefix(stack, title); ok && (rest == "" || rest[0] == '\n') {
		return strings.TrimPrefix(rest, "\n")
	}
	if strings.HasPrefix(stack, frameIndent) { // a script can give an error any stack
		return stack
	}
	if i := strings.Index(stack, "\n"+frameIndent); i >= 0 {
		return stack[i+1:]
	}
	return stack
}
