package webcrypto

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	_ "crypto/sha1" // registers crypto.SHA1
	_ "crypto/sha256"
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

// HashState is a digest of data that arrives in parts. It is not safe for concurrent use.
type HashState struct{ state streamable }

// NewHashState starts a digest with a hash of the Web Cryptography API, or with MD5, which is for checksums only.
func NewHashState(name string) (*HashState, error) {
	newHash := md5.New
	if name != "MD5" {
		h, err := hashOf(name)
		if err != nil {
			return nil, err
		}
		newHash = h.New
	}
	state, ok := newHash().(streamable)
	if !ok {
		return nil, notSupported("the hash %q does not support streams", name)
	}
	return &HashState{state}, nil
}

// LoadHashState returns the HashState of which Store has returned the state.
func LoadHashState(name string, state []byte) (*HashState, error) {
	s, err := NewHashState(name)
	if err != nil {
		return nil, err
	}
	if err := s.state.UnmarshalBinary(state); err != nil {
		return nil, operationError("the state of the hash %q cannot be restored", name)
	}
	return s, nil
}

// Store returns the state as bytes.
func (s *HashState) Store() ([]byte, error) { return s.state.MarshalBinary() }

// Write adds data.
func (s *HashState) Write(data []byte) { s.state.Write(data) }

// Sum returns the digest.
func (s *HashState) Sum() []byte { return s.state.Sum(nil) }

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
