#include "textflag.h"

// Both functions process blocks of 64 bytes; n must be a positive multiple of 64. They
// need SSE2, which every amd64 CPU has.

// func maskBlocks(p *byte, n int, key uint64)
TEXT ·maskBlocks(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ key+16(FP), X0
	PUNPCKLQDQ X0, X0

mask:
	MOVOU 0(DI), X1
	MOVOU 16(DI), X2
	MOVOU 32(DI), X3
	MOVOU 48(DI), X4
	PXOR  X0, X1
	PXOR  X0, X2
	PXOR  X0, X3
	PXOR  X0, X4
	MOVOU X1, 0(DI)
	MOVOU X2, 16(DI)
	MOVOU X3, 32(DI)
	MOVOU X4, 48(DI)
	ADDQ  $64, DI
	SUBQ  $64, CX
	JNZ   mask
	RET

// func asciiBlocks(p *byte, n int) bool
TEXT ·asciiBlocks(SB), NOSPLIT, $0-17
	MOVQ p+0(FP), DI
	MOVQ n+8(FP), CX

ascii:
	MOVOU    0(DI), X1
	MOVOU    16(DI), X2
	MOVOU    32(DI), X3
	MOVOU    48(DI), X4
	POR      X2, X1
	POR      X4, X3
	POR      X3, X1
	PMOVMSKB X1, AX
	TESTL    AX, AX
	JNZ      other
	ADDQ     $64, DI
	SUBQ     $64, CX
	JNZ      ascii
	MOVB     $1, ret+16(FP)
	RET

other:
	MOVB $0, ret+16(FP)
	RET
