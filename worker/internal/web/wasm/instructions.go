package wasm

import (
	"errors"
	"fmt"
)

// expression rewrites instructions up to the end of the expression (WebAssembly Core Specification, section 5.4).
func (w *rewriter) expression() {
	for depth := 1; depth > 0 && w.in.err == nil; {
		switch op := w.byte(); op {
		case opBlock, opIf:
			w.blockType()
			depth++
		case opLoop:
			w.blockType()
			w.check()
			depth++
		case opEnd:
			depth--
		default:
			w.immediates(op)
		}
	}
}

// blockType copies the type of a block: empty, the type of a value, or the index of a type.
func (w *rewriter) blockType() {
	if len(w.in.bytes) > 0 && w.in.bytes[0]&0xC0 == 0x40 { // a negative number of one byte
		w.byte()
		return
	}
	n := w.in.u32()
	if n >= uint32(len(w.d.types)) {
		w.in.fail(errors.New("a type does not exist"))
	}
	w.out = signed(w.out, int64(n)) // a signed number (section 5.4.1)
}

// form is the form of what follows an instruction.
type form struct {
	kind formKind
	size byte // of fixed
}

type formKind byte

const (
	unknown formKind = iota
	fixed            // size bytes
	index            // of a label, variable, table or memory
	labels
	function
	indirectCall
	typeList
	global
	memoryAccess
	integer
	miscellaneous // an instruction with the prefix 0xFC
	vector        // an instruction with the prefix 0xFD
)

// forms are the forms by the first byte of the instruction (section 5.4).
var forms = func() (forms [256]form) {
	set := func(kind formKind, size, first, last byte) {
		for op := int(first); op <= int(last); op++ {
			forms[op] = form{kind, size}
		}
	}
	set(fixed, 0, 0x00, 0x01) // unreachable, nop
	set(fixed, 0, opElse, opElse)
	set(index, 0, 0x0C, 0x0D)  // br, br_if
	set(labels, 0, 0x0E, 0x0E) // br_table
	set(fixed, 0, 0x0F, 0x0F)  // return
	set(function, 0, opCall, opCall)
	set(indirectCall, 0, 0x11, 0x11) // call_indirect
	set(function, 0, opReturnCall, opReturnCall)
	set(indirectCall, 0, 0x13, 0x13) // return_call_indirect
	set(fixed, 0, 0x1A, 0x1B)        // drop, select
	set(typeList, 0, 0x1C, 0x1C)     // select with types
	set(index, 0, 0x20, 0x22)        // local.get, local.set, local.tee
	set(global, 0, opGlobalGet, opGlobalSet)
	set(index, 0, 0x25, 0x26)        // table.get, table.set
	set(memoryAccess, 0, 0x28, 0x3E) // loads and stores
	set(fixed, 1, 0x3F, 0x40)        // memory.size, memory.grow
	set(integer, 0, opI32Const, 0x42)
	set(fixed, 4, 0x43, 0x43) // f32.const
	set(fixed, 8, 0x44, 0x44) // f64.const
	set(fixed, 0, 0x45, 0xC4) // comparisons, arithmetic, conversions
	set(fixed, 1, 0xD0, 0xD0) // ref.null
	set(fixed, 0, 0xD1, 0xD1) // ref.is_null
	set(function, 0, opRefFunc, opRefFunc)
	set(miscellaneous, 0, 0xFC, 0xFC)
	set(vector, 0, 0xFD, 0xFD)
	return forms
}()

// immediates rewrites what follows an instruction.
func (w *rewriter) immediates(op byte) {
	switch f := forms[op]; f.kind {
	case fixed:
		w.copy(int(f.size))
	case index:
		w.u32()
	case labels:
		w.each(func() { w.u32() })
		w.u32()
	case function:
		w.functionIndex()
	case indirectCall:
		w.below(uint32(len(w.d.types)), "type")
		w.u32()
	case typeList:
		w.each(func() { w.byte() })
	case global:
		w.below(w.d.count[Global], "global")
	case memoryAccess:
		w.memoryArgument()
	case integer:
		w.leb()
	case miscellaneous:
		w.misc()
	case vector:
		w.vectorInstruction()
	case unknown:
		w.in.fail(fmt.Errorf("the instruction %#x is not supported%s", op, proposals[op]))
	}
}

// proposals are the parts of WebAssembly that the first bytes of instructions belong to, for an error.
var proposals = map[byte]string{
	0x06: ": legacy exceptions", 0x07: ": legacy exceptions", 0x08: ": exceptions", 0x09: ": legacy exceptions", 0x0A: ": exceptions",
	0x14: ": references with types", 0x15: ": references with types", 0x18: ": legacy exceptions", 0x19: ": legacy exceptions",
	0x1F: ": exceptions", 0xD3: ": references with types", 0xFB: ": garbage collection", 0xFE: ": threads",
}

// memoryArgument copies the alignment and offset of an access to memory.
func (w *rewriter) memoryArgument() {
	w.u32()
	w.leb()
}

// misc rewrites an instruction after the prefix 0xFC.
func (w *rewriter) misc() {
	switch op := w.u32(); {
	case op <= 7: // conversions
	case op == 9, op == 11, op == 13, op >= 15 && op <= 17: // data.drop, memory.fill, elem.drop, table.grow, size, fill
		w.u32()
	case op == 8, op == 10, op == 12, op == 14: // memory.init, memory.copy, table.init, table.copy
		w.u32()
		w.u32()
	default:
		w.in.fail(fmt.Errorf("the instruction 0xfc %d is not supported", op))
	}
}

// vectorInstruction rewrites an instruction after the prefix 0xFD.
func (w *rewriter) vectorInstruction() {
	switch op := w.u32(); {
	case op <= 11, op == 92, op == 93: // loads and v128.store
		w.memoryArgument()
	case op == 12, op == 13: // v128.const, i8x16.shuffle
		w.copy(16)
	case op >= 21 && op <= 34: // lanes
		w.byte()
	case op >= 84 && op <= 91: // loads and stores of a lane
		w.memoryArgument()
		w.byte()
	case op > 255:
		w.in.fail(fmt.Errorf("the instruction 0xfd %d is not supported: relaxed vectors", op))
	}
}
