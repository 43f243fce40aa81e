package webcrypto

import (
	"crypto/rand"
	"strconv"
	"strings"
)

// maxHMACBits is the length of the longest HMAC key that can be generated.
const maxHMACBits = 1 << 16

// secretUsages returns the usages that keys of a symmetric algorithm may have.
func secretUsages(algorithm string) Usages {
	switch algorithm {
	case "AES-KW":
		return WrapKey | UnwrapKey
	case "HMAC":
		return Sign | Verify
	case "HKDF", "PBKDF2":
		return DeriveKey | DeriveBits
	default:
		return Encrypt | Decrypt | WrapKey | UnwrapKey
	}
}

func isAESLength(bits int) bool { return bits == 128 || bits == 192 || bits == 256 }

// KeyLength returns the length in bits of a derived key for an algorithm (the operation "get key length"). It is -1 for an
// algorithm that takes a key of any length.
func KeyLength(a *Algorithm) (int, error) {
	switch {
	case a.Name == "HKDF" || a.Name == "PBKDF2":
		return -1, nil
	case a.Name == "HMAC":
		return hmacLength(a, "TypeError")
	case strings.HasPrefix(a.Name, "AES-"):
		if !isAESLength(a.Length) {
			return 0, operationError("an AES key must have 128, 192 or 256 bits, but got %d", a.Length)
		}
		return a.Length, nil
	}
	return 0, notSupported("a key for %s cannot be derived", a.Name)
}

// hmacLength returns the length in bits of a new HMAC key: by default that of the hash's block. An error has the given name.
func hmacLength(a *Algorithm, name string) (int, error) {
	h, err := hashOf(a.Hash)
	switch {
	case err != nil:
		return 0, err
	case a.Length < 0:
		return h.New().BlockSize() * 8, nil
	case a.Length == 0 || a.Length > maxHMACBits:
		return 0, newError(name, "an HMAC key must have 1 to %d bits, but got %d", []any{maxHMACBits, a.Length})
	}
	return a.Length, nil
}

func generateAES(a *Algorithm, u Usages) ([]*Key, error) {
	if err := u.restrict(secretUsages(a.Name), "a key for "+a.Name); err != nil {
		return nil, err
	}
	if !isAESLength(a.Length) {
		return nil, operationError("an AES key must have 128, 192 or 256 bits, but got %d", a.Length)
	}
	return []*Key{{Type: Secret, Algorithm: a.Name, Length: a.Length, Usages: u, Material: random(a.Length / 8)}}, nil
}

func generateHMAC(a *Algorithm, u Usages) ([]*Key, error) {
	if err := u.restrict(secretUsages("HMAC"), "a key for HMAC"); err != nil {
		return nil, err
	}
	bits, err := hmacLength(a, "OperationError")
	if err != nil {
		return nil, err
	}
	material := clearAfter(random((bits+7)/8), bits)
	return []*Key{{Type: Secret, Algorithm: "HMAC", Hash: a.Hash, Length: bits, Usages: u, Material: material}}, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

// clearAfter clears the bits of b after the first n, which are all in its last byte.
func clearAfter(b []byte, n int) []byte {
	if rest := n % 8; rest != 0 {
		b[len(b)-1] &= 0xFF << (8 - rest)
	}
	return b
}

func importAES(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	if err := u.restrict(secretUsages(a.Name), "a key for "+a.Name); err != nil {
		return nil, err
	}
	material, err := secretBytes(format, data, a.Name)
	if err != nil {
		return nil, err
	}
	bits := len(material) * 8
	if !isAESLength(bits) {
		return nil, dataError("an AES key must have 16, 24 or 32 bytes, but got %d", len(material))
	}
	k := &Key{Type: Secret, Algorithm: a.Name, Length: bits, Usages: u, Material: material}
	if format == "jwk" {
		err = data.JWK.check(jwkRules{kty: "oct", use: "enc", alg: []string{secretAlg(k)}}, extractable, u)
	}
	return k, err
}

func importHMAC(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	if err := u.restrict(secretUsages("HMAC"), "a key for HMAC"); err != nil {
		return nil, err
	}
	material, err := secretBytes(format, data, "HMAC")
	if err != nil {
		return nil, err
	}
	k := &Key{Type: Secret, Algorithm: "HMAC", Hash: a.Hash, Length: len(material) * 8, Usages: u, Material: material}
	if format == "jwk" {
		err = data.JWK.check(jwkRules{kty: "oct", use: "sig", alg: []string{secretAlg(k)}}, extractable, u)
	}
	switch {
	case err != nil:
		return nil, err
	case len(material) == 0:
		return nil, dataError("an HMAC key must not be empty")
	case a.Length >= 0 && (a.Length > k.Length || a.Length <= k.Length-8):
		return nil, dataError("the length of the HMAC key is %d bits, which does not match the member length, %d", k.Length, a.Length)
	case a.Length >= 0:
		k.Length = a.Length
		k.Material = clearAfter(material, a.Length)
	}
	return k, nil
}

// importBase imports the input of a key derivation.
func importBase(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	if format != "raw" {
		return nil, badFormat(format, a.Name)
	}
	if err := u.restrict(secretUsages(a.Name), "a key for "+a.Name); err != nil {
		return nil, err
	}
	if extractable {
		return nil, syntaxError("a key for %s must not be extractable", a.Name)
	}
	return &Key{Type: Secret, Algorithm: a.Name, Usages: u, Material: clone(data.Bytes)}, nil
}

// secretBytes returns the bytes of a secret key in the format raw or jwk.
func secretBytes(format string, data KeyData, algorithm string) ([]byte, error) {
	switch format {
	case "raw":
		return clone(data.Bytes), nil
	case "jwk":
		if data.JWK.Members["kty"] != "oct" {
			return nil, dataError("the member kty of the key must be oct, but got %q", data.JWK.Members["kty"])
		}
		return data.JWK.bytes("k")
	}
	return nil, badFormat(format, algorithm)
}

// clone returns a copy of b that is not nil.
func clone(b []byte) []byte { return append([]byte{}, b...) }

func exportSecret(format string, k *Key) (KeyData, error) {
	switch format {
	case "raw":
		return KeyData{Bytes: clone(k.Material)}, nil
	case "jwk":
		return KeyData{JWK: &JWK{Members: map[string]string{"kty": "oct", "k": encode(k.Material), "alg": secretAlg(k)}}}, nil
	}
	return KeyData{}, badFormat(format, k.Algorithm)
}

// secretAlg returns the member alg of a symmetric key, such as A256GCM or HS256 (RFC 7518, sections 3.1, 4.1 and 5.1).
func secretAlg(k *Key) string {
	if k.Algorithm == "HMAC" {
		return "HS" + hashBits(k.Hash)
	}
	return "A" + strconv.Itoa(k.Length) + strings.TrimPrefix(k.Algorithm, "AES-")
}

// hashBits returns the number in the name of a hash.
func hashBits(name string) string { return strings.TrimPrefix(name, "SHA-") }
