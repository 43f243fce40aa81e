package protocol

// block is the number of bytes that the assembly processes per iteration.
const block = 64

//go:noescape
func maskBlocks(p *byte, n int, key uint64)

//go:noescape
func asciiBlocks(p *byte, n int) bool

// maskMost masks all complete blocks of p and returns the remaining bytes. key is the
// masking key twice.
func maskMost(key uint64, p []byte) (rest []byte) {
	n := len(p) &^ (block - 1)
	if n > 0 {
		maskBlocks(&p[0], n, key)
	}
	return p[n:]
}

// isASCII reports whether p consists of ASCII characters only.
func isASCII(p []byte) bool {
	n := len(p) &^ (block - 1)
	return (n == 0 || asciiBlocks(&p[0], n)) && isASCIIPlain(p[n:])
}
