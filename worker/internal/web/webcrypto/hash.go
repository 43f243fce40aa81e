package webcrypto

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"    //nolint:gosec // node:crypto has it, for checksums
	_ "crypto/sha1" // registers crypto.SHA1
	_ "crypto/sha256"
	"crypto/sha3"
	_ "crypto/sha512"
	"encoding"
	"hash"
)

// hashes has the hashes of the Web Cryptography API.
var hashes = map[string]crypto.Hash{
	"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

// hashOf returns a hash of the Web Cryptography API.
func hashOf(name string) (crypto.Hash, error) {
	h, ok := hashes[name]
	if !ok {
		return 0, notSupported("the hash %q is not supported: supported are SHA-1, SHA-256, SHA-384 and SHA-512", name)
	}
	return h, nil
}

func sum(h crypto.Hash, data []byte) []byte {
	state := h.New()
	state.Write(data)
	return state.Sum(nil)
}

// Digest returns the digest of data.
func Digest(name string, data []byte) ([]byte, error) {
	h, err := hashOf(name)
	if err != nil {
		return nil, err
	}
	return sum(h, data), nil
}

// streamable is a hash whose state can be stored as bytes.
type streamable interface {
	hash.Hash
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// streams has the hashes of a HashState: those of the Web Cryptography API with its names, and those of node:crypto with
// the names of OpenSSL.
var streams = map[string]func() hash.Hash{
	"SHA-1": crypto.SHA1.New, "SHA-256": crypto.SHA256.New, "SHA-384": crypto.SHA384.New, "SHA-512": crypto.SHA512.New,
	"md5": md5.New, "sha1": crypto.SHA1.New, "sha224": crypto.SHA224.New, "sha256": crypto.SHA256.New, "sha384": crypto.SHA384.New,
	"sha512": crypto.SHA512.New, "sha512-224": crypto.SHA512_224.New, "sha512-256": crypto.SHA512_256.New,
	"sha3-224": func() hash.Hash { return sha3.New224() }, "sha3-256": func() hash.Hash { return sha3.New256() },
	"sha3-384": func() hash.Hash { return sha3.New384() }, "sha3-512": func() hash.Hash { return sha3.New512() },
}

// HashState is a digest or an HMAC of data that arrives in parts. It is not safe for concurrent use.
type HashState struct {
	state streamable
	outer streamable // the hash of the outer key of an HMAC; nil for a digest
}

// NewHashState starts a digest, or an HMAC if key is not nil (RFC 2104).
func NewHashState(name string, key []byte) (*HashState, error) {
	s, err := emptyHashState(name, key != nil)
	if err != nil || key == nil {
		return s, err
	}
	size := s.state.BlockSize()
	if len(key) > size {
		s.state.Write(key)
		key = s.state.Sum(nil)
		s.state.Reset()
	}
	inner, outer := make([]byte, size), make([]byte, size)
	copy(inner, key)
	copy(outer, key)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5C
	}
	s.state.Write(inner)
	s.outer.Write(outer)
	return s, nil
}

func emptyHashState(name string, keyed bool) (*HashState, error) {
	newHash, ok := streams[name]
	if !ok {
		return nil, notSupported("the hash %q is not supported", name)
	}
	s := new(HashState)
	if s.state, ok = newHash().(streamable); !ok {
		return nil, notSupported("the hash %q does not support streams", name)
	}
	if keyed {
		s.outer, _ = newHash().(streamable)
	}
	return s, nil
}

// LoadHashState returns the state that Store has returned: inner, and outer for an HMAC.
func LoadHashState(name string, inner, outer []byte) (*HashState, error) {
	s, err := emptyHashState(name, outer != nil)
	if err == nil {
		err = s.state.UnmarshalBinary(inner)
	}
	if err == nil && outer != nil {
		err = s.outer.UnmarshalBinary(outer)
	}
	if err != nil {
		return nil, operationError("the state of the hash %q cannot be restored", name)
	}
	return s, nil
}

// Store returns the state as bytes; outer is nil for a digest.
func (s *HashState) Store() (inner, outer []byte, err error) {
	inner, err = s.state.MarshalBinary()
	if err == nil && s.outer != nil {
		outer, err = s.outer.MarshalBinary()
	}
	return inner, outer, err
}

// Write adds data. It never fails.
func (s *HashState) Write(data []byte) (int, error) { return s.state.Write(data) }

// Sum returns the digest or the HMAC. Afterwards the state must not be used any more.
func (s *HashState) Sum() []byte {
	digest := s.state.Sum(nil)
	if s.outer == nil {
		return digest
	}
	s.outer.Write(digest)
	return s.outer.Sum(nil)
}

func signHMAC(_ *Algorithm, k *Key, data []byte) ([]byte, error) {
	h, err := hashOf(k.Hash)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(h.New, k.Material)
	mac.Write(data)
	return mac.Sum(nil), nil
}

func verifyHMAC(a *Algorithm, k *Key, signature, data []byte) (bool, error) {
	mac, err := signHMAC(a, k, data)
	return err == nil && hmac.Equal(mac, signature), err
}
