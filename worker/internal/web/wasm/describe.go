package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The ids of sections (WebAssembly Core Specification, section 5.5.2).
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
)

// header is the magic number and the version of a module.
const header = "\x00asm\x01\x00\x00\x00"

var errTruncated = errors.New("the module ends too early")

// order is the order of sections (WebAssembly Core Specification, section 5.5.16).
var order = []byte{
	sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionGlobal, sectionExport, sectionStart,
	sectionElement, sectionDataCount, sectionCode, sectionData,
}

// sections has the contents of the sections of a module by their ids, without custom sections.
type sections map[byte][]byte

// module returns the module in the binary format.
func (s sections) module() []byte {
	b := []byte(header)
	for _, id := range order {
		if content, ok := s[id]; ok {
			b = append(append(b, id), sized(content)...)
		}
	}
	return b
}

// describe returns the imports and exports of a module in the binary format. It does not validate the sections that it does
// not need.
func describe(module []byte) (*Description, sections, error) {
	if len(module) < len(header) || string(module[:len(header)]) != header {
		return nil, nil, errors.New("the bytes are not a WebAssembly module of version 1")
	}
	d, found, last := describer{}, sections{}, -1
	rest := &reader{bytes: module[len(header):]}
	for len(rest.bytes) > 0 && rest.err == nil {
		id := rest.byte()
		content := rest.take(rest.u32())
		if rest.err != nil {
			break
		}
		if id != sectionCustom {
			rank := slices.Index(order, id)
			if rank <= last {
				return nil, nil, fmt.Errorf("the section %d is unknown, duplicate or out of order", id)
			}
			found[id], last = content, rank
		}
		if err := d.section(id, &reader{bytes: content}); err != nil {
			return nil, nil, err
		}
	}
	for kind, list := range d.all {
		d.count[kind] = uint32(len(list))
	}
	d.describeHolders()
	return &d.Description, found, rest.err
}

// describer is the state of describe.
type describer struct {
	Description
	all [4][]Type // the functions, tables, memories and globals, imports first
}

// section reads a section.
func (d *describer) section(id byte, r *reader) error {
	switch id {
	case sectionCustom:
		name := r.name()
		d.Customs = append(d.Customs, Custom{name, r.bytes})
	case sectionType:
		r.each(func() { d.types = append(d.types, r.funcType()) })
	case sectionImport:
		r.each(func() {
			i := Import{Module: r.name(), Name: r.name()}
			i.Type = d.typeOf(Kind(r.byte()), r)
			d.Imports = append(d.Imports, i)
			d.add(i.Type, r)
			if r.err == nil {
				d.imported[i.Type.Kind]++
			}
		})
	case sectionFunction:
		r.each(func() { d.add(d.typeOf(Func, r), r) })
	case sectionTable:
		r.each(func() { d.add(d.typeOf(Table, r), r) })
	case sectionMemory:
		r.each(func() {
			t := d.typeOf(Memory, r)
			d.add(t, r)
			d.pages = t.Limits.Min
		})
	case sectionGlobal:
		r.each(func() {
			d.add(d.typeOf(Global, r), r)
			r.skipConstant()
		})
	case sectionExport:
		r.each(func() { d.export(r) })
	}
	if id >= sectionType && id <= sectionExport && r.err == nil && len(r.bytes) > 0 {
		r.fail(errors.New("a section has more bytes than its items"))
	}
	return r.err
}

// export reads an export.
func (d *describer) export(r *reader) {
	e := Export{Name: r.name(), Type: Type{Kind: Kind(r.byte())}, index: r.u32()}
	if int(e.Type.Kind) >= len(d.all) || int(e.index) >= len(d.all[e.Type.Kind]) {
		r.fail(fmt.Errorf("the export %q has an unknown kind or index", e.Name))
		return
	}
	e.Type = d.all[e.Type.Kind][e.index]
	d.Exports = append(d.Exports, e)
}

// describeHolders lists everything that can hold references to objects of the script. An import is a holder of the instance
// that defines it.
func (d *describer) describeHolders() {
	for _, kind := range []Kind{Table, Global} {
		for i, t := range d.all[kind] {
			if i >= int(d.imported[kind]) && (t.Element == ExternRef || t.Value == ExternRef) {
				name := fmt.Sprint(holderName, len(d.holders))
				d.holders = append(d.holders, Export{name, t, uint32(i)})
			}
		}
	}
}

// add records an object of the module.
func (d *describer) add(t Type, r *reader) {
	if r.err == nil {
		d.all[t.Kind] = append(d.all[t.Kind], t)
	}
}

// typeOf reads the type of an object of a kind.
func (d *describer) typeOf(kind Kind, r *reader) Type {
	t := Type{Kind: kind}
	switch kind {
	case Func:
		index := r.u32()
		if int(index) >= len(d.types) {
			r.fail(errors.New("a function has an unknown type"))
			return t
		}
		t.Func = d.types[index]
	case Table:
		t.Element = ValueType(r.byte())
		t.Limits = r.limits()
	case Memory:
		t.Limits = r.limits()
	case Global:
		t.Value = ValueType(r.byte())
		t.Mutable = r.byte() == 1
	default:
		r.fail(fmt.Errorf("an import has the kind %d, which is not supported", kind))
	}
	return t
}

// reader reads the binary format. After an error all results are zero.
type reader struct {
	bytes []byte
	err   error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.bytes = nil
}

func (r *reader) byte() byte {
	if len(r.bytes) == 0 {
		r.fail(errTruncated)
		return 0
	}
	b := r.bytes[0]
	r.bytes = r.bytes[1:]
	return b
}

// take returns the next n bytes.
func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.bytes)) {
		r.fail(errTruncated)
		return nil
	}
	b := r.bytes[:n]
	r.bytes = r.bytes[n:]
	return b
}

// u32 reads a number in LEB128 (section 5.2.2).
func (r *reader) u32() uint32 {
	n, size := binary.Uvarint(r.bytes)
	if size <= 0 || size > 5 || n > 1<<32-1 {
		r.fail(errTruncated)
		return 0
	}
	r.bytes = r.bytes[size:]
	return uint32(n)
}

func (r *reader) name() string { return string(r.take(r.u32())) }

// each calls f for each element of a vector, which has at least one byte. wazero allocates memory for as many elements as a
// vector claims to have.
func (r *reader) each(f func()) {
	n := r.u32()
	if uint64(n) > uint64(len(r.bytes)) {
		r.fail(errTruncated)
	}
	for ; n > 0 && r.err == nil; n-- {
		f()
	}
}

func (r *reader) valueTypes() (list []ValueType) {
	r.each(func() { list = append(list, ValueType(r.byte())) })
	return list
}

func (r *reader) funcType() FuncType {
	if r.byte() != 0x60 {
		r.fail(errors.New("a type is not that of a function, which is not supported"))
	}
	return FuncType{r.valueTypes(), r.valueTypes()}
}

func (r *reader) limits() Limits {
	flags := r.byte()
	if flags > 3 {
		r.fail(fmt.Errorf("limits have the flags %#x, which are not defined", flags))
	}
	l := Limits{Min: r.u32(), HasMax: flags&1 != 0}
	if l.HasMax {
		l.Max = r.u32()
	}
	return l
}

// skipConstant skips a constant expression (section 5.4.9).
func (r *reader) skipConstant() {
	const end = 0x0B
	for r.err == nil {
		switch op := r.byte(); op {
		case end:
			return
		case 0x41, 0x42: // i32.const, i64.const: signed LEB128
			for r.byte()&0x80 != 0 {
			}
		case 0x43: // f32.const
			r.take(4)
		case 0x44: // f64.const
			r.take(8)
		case 0x23, 0xD2: // global.get, ref.func
			r.u32()
		case 0xD0: // ref.null
			r.byte()
		case 0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E: // i32 and i64: add, sub, mul
		case 0xFD: // v128.const
			r.u32()
			r.take(16)
		default:
			r.fail(fmt.Errorf("a constant expression has the unknown instruction %#x", op))
		}
	}
}
