package engine

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The host object has two functions, beside those that Define makes, with which a
// script keeps a value in an object where no other script can see or change it:
//
//	conceal(kind, prototype, content) makes an object that holds content
//	reveal(kind, object)              gives it back, and throws a TypeError for every other object
//
// A private field of a class does the same at several times the cost.
const (
	Conceal = "conceal"
	Reveal  = "reveal"
)

// slot is what such an object keeps in the place of its class's own data.
type slot struct {
	content raw
	kind    int32
}

// The place is large enough.
const _ = unsafe.Sizeof(lib.TJSObject{}.Fu) - unsafe.Sizeof(slot{})

func slotOf(v raw) *slot { return (*slot)(unsafe.Pointer(&object(v).Fu)) }

// slotClass is the engine's number for the class, the same in every runtime.
var slotClass = sync.OnceValue(func() lib.TJSClassID {
	tls := libc.NewTLS()
	defer tls.Close()
	const size = int(unsafe.Sizeof(lib.TJSClassID(0)))
	id := tls.Alloc(size)
	defer tls.Free(size)
	*at[lib.TJSClassID](id) = 0 // asks for a new one
	return lib.XJS_NewClassID(tls, id)
})

// makeSlots makes the class and its functions.
func (r *Runtime) makeSlots() error {
	name, err := r.cString("Object")
	if err != nil {
		return err
	}
	defer r.freeCString(name)
	const size = int(unsafe.Sizeof(lib.TJSClassDef{}))
	definition := r.tls.Alloc(size)
	defer r.tls.Free(size)
	// An object around a number keeps its value in the same place, so its class has the
	// functions that free and mark it.
	number := r.class(lib.EJS_CLASS_NUMBER)
	*at[lib.TJSClassDef](definition) = lib.TJSClassDef{
		Fclass_name: name,
		Ffinalizer:  number.Ffinalizer,
		Fgc_mark:    number.Fgc_mark,
	}
	if lib.XJS_NewClass(r.tls, r.rt, slotClass(), definition) < 0 {
		return ErrOutOfMemory
	}
	if err := r.lend(Conceal, pointerTo(conceal), 3); err != nil {
		return err
	}
	return r.lend(Reveal, pointerTo(reveal), 2)
}

// conceal is passed three arguments: the engine fills in those that are missing.
func conceal(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	args := at[[3]raw](argv)
	v := lib.XJS_NewObjectProtoClass(tls, ctx, args[1], slotClass())
	if !isException(v) {
		*slotOf(v) = slot{lib.XDupValue(tls, ctx, args[2]), kindOf(args[0])}
	}
	return v
}

func reveal(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	args := at[[2]raw](argv)
	v := args[1]
	if tag(v) != lib.EJS_TAG_OBJECT || lib.TJSClassID(object(v).Fclass_id) != slotClass() || slotOf(v).kind != kindOf(args[0]) {
		return runtimeOf(tls).throwError(&Throw{Name: "TypeError", Message: "this object is not of the kind that the method belongs to"})
	}
	return lib.XDupValue(tls, ctx, slotOf(v).content)
}

// kindOf is 0 for what is no integer.
func kindOf(v raw) int32 {
	if tag(v) != lib.EJS_TAG_INT {
		return 0
	}
	return int32(v.Fu.Fuint641)
}
