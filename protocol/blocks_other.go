//go:build !amd64

package protocol

func maskMost(key uint64, p []byte) (rest []byte) { return maskMostPlain(key, p) }

func isASCII(p []byte) bool { return isASCIIPlain(p) }
