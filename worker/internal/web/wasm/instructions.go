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

// immediates rewrites what follows an instruction.
func (w *rewriter) immediates(op byte) {
	const (
		br, brIf, brTable, callIndirect, returnCallIndirect, selectTyped = 0x0C, 0x0D, 0x0E, 0x11, 0x13, 0x1C
		localGet, localTee, tableGet, tableSet                           = 0x20, 0x22, 0x25, 0x26
		firstLoad, lastStore, memorySize, memoryGrow                     = 0x28, 0x3E, 0x3F, 0x40
		i64Const, f32Const, f64Const, firstNumeric, lastNumeric          = 0x42, 0x43, 0x44, 0x45, 0xC4
		refNull, refIsNull, prefixMisc, prefixVector                     = 0xD0, 0xD1, 0xFC, 0xFD
	)
	switch {
	case op <= 0x01, op == opElse, op == 0x0F, op == 0x1A, op == 0x1B: // unreachable, nop, else, return, drop, select
	case op >= firstNumeric && op <= lastNumeric, op == refIsNull:
	case op == br, op == brIf, op >= localGet && op <= localTee, op == tableGet, op == tableSet:
		w.u32()
	case op == brTable:
		w.each(func() { w.u32() })
		w.u32()
	case op == opCall, op == opReturnCall, op == opRefFunc:
		w.functionIndex()
	case op == callIndirect, op == returnCallIndirect:
		w.below(uint32(len(w.d.types)), "type")
		w.u32()
	case op == selectTyped:
		w.each(func() { w.byte() })
	case op == opGlobalGet, op == opGlobalSet:
		w.below(w.d.count[Global], "global")
	case op >= firstLoad && op <= lastStore:
		w.memoryArgument()
	case op == memorySize, op == memoryGrow, op == refNull:
		w.byte()
	case op == opI32Const, op == i64Const:
		w.leb()
	case op == f32Const:
		w.copy(4)
	case op == f64Const:
		w.copy(8)
	case op == prefixMisc:
		w.misc()
	case op == prefixVector:
		w.vectorInstruction()
	default:
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
