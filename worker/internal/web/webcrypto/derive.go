package webcrypto

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
)

// maxDerivedBytes is the longest result of PBKDF2.
const maxDerivedBytes = 1 << 20

// Derive derives length bits of a base key: of a secret for HKDF and PBKDF2, and otherwise of a private key and the public
// key of the other side. If length is -1, ECDH and X25519 return the whole shared secret. It returns the cause of the end of
// ctx if that ends first.
func Derive(ctx context.Context, a *Algorithm, base, public *Key, length int) ([]byte, error) {
	switch a.Name {
	case "HKDF", "PBKDF2":
		return deriveOfSecret(ctx, a, base, length)
	case "ECDH", "X25519":
		return deriveOfPair(a, base, public, length)
	}
	return nil, unsupported("deriveBits", a.Name)
}

func deriveOfSecret(ctx context.Context, a *Algorithm, base *Key, length int) ([]byte, error) {
	h, err := hashOf(a.Hash)
	switch {
	case err != nil:
		return nil, err
	case length <= 0 || length%8 != 0:
		return nil, operationError("%s derives a multiple of 8 bits, at least 8", a.Name)
	case a.Name == "HKDF":
		out, err := hkdf.Key(h.New, base.Material, a.Salt, string(a.Extra), length/8)
		if err != nil {
			return nil, operationError("HKDF with %s derives at most %d bits", a.Hash, 255*8*h.Size())
		}
		return out, nil
	case a.Iterations < 1:
		return nil, operationError("PBKDF2 needs at least one iteration")
	case length/8 > maxDerivedBytes:
		return nil, operationError("PBKDF2 derives at most %d bits", maxDerivedBytes*8)
	}
	return derivePBKDF2(ctx, h, base.Material, a.Salt, a.Iterations, length/8)
}

// iterationsPerCheck is the number of iterations of PBKDF2 between two checks of its context.
const iterationsPerCheck = 4096

// derivePBKDF2 derives size bytes of a password (RFC 8018, section 5.2). Unlike crypto/pbkdf2 it can be cancelled: it returns the
// cause of the end of ctx if that ends first. The number of iterations is positive.
func derivePBKDF2(ctx context.Context, h crypto.Hash, password, salt []byte, iterations, size int) ([]byte, error) {
	mac := hmac.New(h.New, password)
	out := make([]byte, 0, size+h.Size())
	block := make([]byte, 0, h.Size())
	for number := uint32(1); len(out) < size; number++ {
		mac.Reset()
		mac.Write(salt)
		mac.Write(binary.BigEndian.AppendUint32(nil, number))
		block = mac.Sum(block[:0])
		out = append(out, block...)
		total := out[len(out)-len(block):]
		for i := 1; i < iterations; i++ {
			if i%iterationsPerCheck == 0 && ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			mac.Reset()
			mac.Write(block)
			block = mac.Sum(block[:0])
			for j, b := range block {
				total[j] ^= b
			}
		}
	}
	return out[:size], nil
}

func deriveOfPair(a *Algorithm, base, public *Key, length int) ([]byte, error) {
	switch {
	case base.Type != Private:
		return nil, invalidAccess("the base key must be a private key, but got a %s key", base.Type)
	case public.Type != Public:
		return nil, invalidAccess("the member public of the algorithm must be a public key, but got a %s key", public.Type)
	case public.Algorithm != base.Algorithm || public.Curve != base.Curve:
		return nil, invalidAccess("the public key and the private key must have the same algorithm and curve")
	}
	private, other, err := agreement(base, public)
	if err != nil {
		return nil, err
	}
	secret, err := private.ECDH(other)
	if err != nil { // for X25519, a result of zeros (RFC 7748, section 6.1)
		return nil, operationError("the keys have no shared secret")
	}
	switch {
	case length < 0:
		return secret, nil
	case length > len(secret)*8:
		return nil, operationError("%s derives at most %d bits from this key, but got the length %d", a.Name, len(secret)*8, length)
	}
	return clearAfter(secret[:(length+7)/8], length), nil
}

// agreement returns the keys of a key agreement.
func agreement(base, public *Key) (*ecdh.PrivateKey, *ecdh.PublicKey, error) {
	curve := ecdh.X25519()
	if base.Algorithm == "ECDH" {
		switch base.Curve {
		case "P-256":
			curve = ecdh.P256()
		case "P-384":
			curve = ecdh.P384()
		case "P-521":
			curve = ecdh.P521()
		}
	}
	private, err := curve.NewPrivateKey(base.Material)
	if err != nil {
		return nil, nil, operationError("the private key is invalid")
	}
	other, err := curve.NewPublicKey(public.Material)
	if err != nil {
		return nil, nil, operationError("the public key is invalid")
	}
	return private, other, nil
}
