package webcrypto

const (
	slowBytes      = 1 << 20 // hashes and ciphers work on this many bytes in about a millisecond
	slowIterations = 4096    // PBKDF2 computes this many in about a millisecond
)

// IsSlow reports whether an operation is likely to take longer than about a millisecond, so that it should not run on an
// event loop. The operation has the name of the method of SubtleCrypto; k is its key, or nil; size is the number of bytes
// of its input, or of its result.
func IsSlow(operation string, a *Algorithm, k *Key, size int) bool {
	if size >= slowBytes {
		return true
	}
	switch operation {
	case "generateKey":
		return a.Modulus > 0
	case "importKey":
		return size > 1500 // RSA keys of more than 2048 bits, and the longest secrets
	case "exportKey":
		return k.Type == Private && k.Length > 2048
	case "decrypt", "sign":
		return k.Type == Private && k.Length > 0 || k.Curve == "P-521"
	case "verify", "encrypt":
		return k.Length > 4096 && k.Type == Public || k.Curve == "P-384" || k.Curve == "P-521"
	case "deriveBits":
		return a.Iterations*(1+size/32) >= slowIterations || k.Curve == "P-521"
	}
	return false
}
