package protocol

// block is what the assembly takes at a time.
const block = 64

//go:noescape
func maskBlocks(p *byte, n int, key uint64)

//go:noescape
func asciiBlocks(p *byte, n int) bool

// maskMost masks as many blocks as there are and returns the rest; key is repeated.
func maskMost(key uint64, p []byte) (rest []byte) {
	n := len(p) &^ (block - 1)
	if n > 0 {
		maskBlocks(&p[0], n, key)
	}
	return p[n:]
}

// isASCII tells whether p is made of ASCII characters only.
func isASCII(p []byte) bool {
	n := len(p) &^ (block - 1)
	return (n == 0 || asciiBlocks(&p[0], n)) && isASCIIPlain(p[n:])
}
