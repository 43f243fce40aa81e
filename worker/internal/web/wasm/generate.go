package wasm

import (
	"bytes"
	"encoding/binary"
)

// generator makes a module in the binary format.
type generator struct {
	types, imports, functions, tables, memories, globals, exports, elements, code [][]byte

	count [4]uint32 // the number of objects of each kind
}

// module returns the module.
func (g *generator) module() []byte {
	const elementSection, codeSection = 9, 10
	b := []byte(header)
	for _, section := range []struct {
		id   byte
		list [][]byte
	}{
		{sectionType, g.types},
		{sectionImport, g.imports},
		{sectionFunction, g.functions},
		{sectionTable, g.tables},
		{sectionMemory, g.memories},
		{sectionGlobal, g.globals},
		{sectionExport, g.exports},
		{elementSection, g.elements},
		{codeSection, g.code},
	} {
		if len(section.list) == 0 {
			continue
		}
		content := u32(uint32(len(section.list)))
		for _, item := range section.list {
			content = append(content, item...)
		}
		b = append(append(b, section.id), sized(content)...)
	}
	return b
}

// imported imports an object, and returns its index.
func (g *generator) imported(module, name string, t Type) uint32 {
	b := append(sized([]byte(module)), sized([]byte(name))...)
	b = append(b, byte(t.Kind))
	if t.Kind == Func {
		b = append(b, u32(g.funcType(t.Func))...)
	} else {
		b = append(b, typeBytes(t)...)
	}
	g.imports = append(g.imports, b)
	return g.next(t.Kind)
}

// export exports an object.
func (g *generator) export(name string, kind Kind, index uint32) {
	g.exports = append(g.exports, append(append(sized([]byte(name)), byte(kind)), u32(index)...))
}

// exportOnce exports an object unless there is an export of that name: a module may import the same name several times, with
// the same value.
func (g *generator) exportOnce(name string, kind Kind, index uint32) {
	prefix := append(sized([]byte(name)), byte(kind))
	for _, e := range g.exports {
		if bytes.HasPrefix(e, prefix) {
			return
		}
	}
	g.export(name, kind, index)
}

// function defines and exports a function whose body has no variables.
func (g *generator) function(name string, t FuncType, body ...byte) {
	const end = 0x0B
	g.functions = append(g.functions, u32(g.funcType(t)))
	g.code = append(g.code, sized(append(append([]byte{0}, body...), end)))
	g.export(name, Func, g.next(Func))
}

// table defines and exports a table.
func (g *generator) table(name string, t Type) {
	g.tables = append(g.tables, typeBytes(t))
	g.export(name, Table, g.next(Table))
}

// memory defines and exports a memory.
func (g *generator) memory(name string, t Type) {
	g.memories = append(g.memories, typeBytes(t))
	g.export(name, Memory, g.next(Memory))
}

// global defines and exports a global with a constant expression as its value.
func (g *generator) global(name string, t Type, value []byte) {
	g.globals = append(g.globals, append(typeBytes(t), value...))
	g.export(name, Global, g.next(Global))
}

// declare declares that function index is used as a reference (WebAssembly Core Specification, section 3.4.10).
func (g *generator) declare(index uint32) {
	g.elements = append(g.elements, append([]byte{3, 0, 1}, u32(index)...))
}

// funcType defines a type, and returns its index.
func (g *generator) funcType(t FuncType) uint32 {
	b := []byte{0x60}
	for _, list := range [][]ValueType{t.Params, t.Results} {
		b = append(b, u32(uint32(len(list)))...)
		for _, v := range list {
			b = append(b, byte(v))
		}
	}
	g.types = append(g.types, b)
	return uint32(len(g.types) - 1)
}

// next returns the index of the next object of a kind.
func (g *generator) next(kind Kind) uint32 {
	g.count[kind]++
	return g.count[kind] - 1
}

// typeBytes returns the type of a table, memory or global in the binary format.
func typeBytes(t Type) []byte {
	if t.Kind == Global {
		return []byte{byte(t.Value), boolByte(t.Mutable)}
	}
	b := []byte{boolByte(t.Limits.HasMax)}
	b = append(b, u32(t.Limits.Min)...)
	if t.Limits.HasMax {
		b = append(b, u32(t.Limits.Max)...)
	}
	if t.Kind == Table {
		b = append([]byte{byte(t.Element)}, b...)
	}
	return b
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// u32 returns a number in LEB128.
func u32(n uint32) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// sized returns b after its length.
func sized(b []byte) []byte { return append(u32(uint32(len(b))), b...) }
