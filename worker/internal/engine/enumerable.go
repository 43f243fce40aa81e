package engine

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Enumerate is the name of a function of every host object: enumerate(object) makes the members of a class or of its
// prototype enumerable, as those of interfaces are (Web IDL, section 3.7). A script can do the same, several times slower.
const Enumerate = "enumerate"

// enumerate implements Enumerate. The engine calls it with at least one argument.
func enumerate(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	v := at[[1]raw](argv)[0]
	const pointers = int(unsafe.Sizeof(uintptr(0)) + unsafe.Sizeof(uint32(0)))
	out := tls.Alloc(pointers)
	defer tls.Free(pointers)
	count := out + unsafe.Sizeof(uintptr(0))
	if lib.XJS_GetOwnPropertyNames(tls, ctx, out, count, v, lib.MJS_GPN_STRING_MASK) < 0 {
		return rawException()
	}
	list, n := *at[uintptr](out), *at[uint32](count)
	defer lib.XJS_FreePropertyEnum(tls, ctx, list, n)
	isClass := lib.XJS_IsFunction(tls, ctx, v) != 0
	const flags = lib.MJS_PROP_HAS_ENUMERABLE | lib.MJS_PROP_ENUMERABLE | lib.MJS_PROP_THROW
	for _, property := range memory[lib.TJSPropertyEnum](list, int(n)) {
		if isBuiltIn(property.Fatom, isClass) {
			continue
		}
		none := rawUndefined()
		if lib.XJS_DefineProperty(tls, ctx, v, property.Fatom, none, none, none, flags) < 0 {
			return rawException()
		}
	}
	return rawUndefined()
}

// isBuiltIn reports whether a property is one that each class, or each prototype, has.
func isBuiltIn(name lib.TJSAtom, isClass bool) bool {
	if isClass {
		return name == lib.EJS_ATOM_length || name == lib.EJS_ATOM_name || name == lib.EJS_ATOM_prototype
	}
	return name == lib.EJS_ATOM_constructor
}
