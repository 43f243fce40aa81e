package engine

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Conceal and Reveal are the names of two functions of every host object, with which a prelude stores a value in an object
// so that other code can neither read nor change it:
//
//	conceal(kind, prototype, content) returns a new object that contains content
//	reveal(kind, object)              returns the content, and throws a TypeError for every other object
//
// A private field of a class does the same at several times the cost.
const (
	Conceal = "conceal"
	Reveal  = "reveal"
)

// slot is the data of an object of conceal. It is stored in the field for class-specific data.
type slot struct {
	content raw
	kind    int32
}

// The constant is not negative, so that it compiles, only if a slot fits into that field.
const _ = unsafe.Sizeof(lib.TJSObject{}.Fu) - unsafe.Sizeof(slot{})

// slotOf returns the slot of an object of conceal.
func slotOf(v raw) *slot { return (*slot)(unsafe.Pointer(&object(v).Fu)) }

// slotClass returns the engine's number of the class of these objects, which is the same in every Runtime.
var slotClass = sync.OnceValue(func() lib.TJSClassID {
	tls := libc.NewTLS()
	defer tls.Close()
	const size = int(unsafe.Sizeof(lib.TJSClassID(0)))
	id := tls.Alloc(size)
	defer tls.Free(size)
	*at[lib.TJSClassID](id) = 0 // requests a new number
	return lib.XJS_NewClassID(tls, id)
})

// defineSlotClass defines the class of the objects of conceal, and the functions conceal and reveal.
func (r *Runtime) defineSlotClass() error {
	name, err := r.cString("Object")
	if err != nil {
		return err
	}
	defer r.freeCString(name)
	const size = int(unsafe.Sizeof(lib.TJSClassDef{}))
	definition := r.tls.Alloc(size)
	defer r.tls.Free(size)
	// A Number object stores its value in the same field, so the functions of its class that free and mark the value can
	// be used.
	number := r.class(lib.EJS_CLASS_NUMBER)
	*at[lib.TJSClassDef](definition) = lib.TJSClassDef{
		Fclass_name: name,
		Ffinalizer:  number.Ffinalizer,
		Fgc_mark:    number.Fgc_mark,
	}
	if lib.XJS_NewClass(r.tls, r.rt, slotClass(), definition) < 0 {
		return ErrOutOfMemory
	}
	if err := r.defineNative(Conceal, pointerTo(conceal), 3); err != nil {
		return err
	}
	return r.defineNative(Reveal, pointerTo(reveal), 2)
}

// conceal implements Conceal. It always gets three arguments, as the engine adds missing ones.
func conceal(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	args := at[[3]raw](argv)
	v := lib.XJS_NewObjectProtoClass(tls, ctx, args[1], slotClass())
	if !isException(v) {
		*slotOf(v) = slot{lib.XDupValue(tls, ctx, args[2]), kindOf(args[0])}
	}
	return v
}

// reveal implements Reveal.
func reveal(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	args := at[[2]raw](argv)
	v := args[1]
	if tag(v) != lib.EJS_TAG_OBJECT || lib.TJSClassID(object(v).Fclass_id) != slotClass() || slotOf(v).kind != kindOf(args[0]) {
		return runtimeOf(tls).throwError(&Throw{Name: "TypeError", Message: "the method was called on an object of another class"})
	}
	return lib.XDupValue(tls, ctx, slotOf(v).content)
}

// kindOf returns an integer argument, and 0 for every other value.
func kindOf(v raw) int32 {
	if tag(v) != lib.EJS_TAG_INT {
		return 0
	}
	return int32(v.Fu.Fuint641)
}
