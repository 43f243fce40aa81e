package web

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha1" // registers crypto.SHA1
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"math/big"

	"github.com/lingerws/linger/worker/internal/engine"
)

// The functions in this file implement the operations of js/subtle.js. That module checks names, usages and formats. An
// error in the bytes of a key is a DataError.

// minRSABits is the size of the smallest modulus that crypto/rsa accepts.
const minRSABits = 1024

var hashes = map[string]crypto.Hash{
	"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512,
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

func dataError(format string, args ...any) *engine.Throw {
	return &engine.Throw{Name: "DataError", Message: fmt.Sprintf(format, args...)}
}

// digest(hash, data) returns the digest of data.
func digest(args []engine.Value) (engine.Value, error) {
	hash, err := hashOf(argument(args, 0))
	if err != nil {
		return engine.Undefined(), err
	}
	return engine.Bytes(sum(hash, argument(args, 1).Bytes())), nil
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

func hashOf(name engine.Value) (crypto.Hash, error) {
	hash, ok := hashes[name.String()]
	if !ok {
		return 0, dataError("%q is not a hash", name.String())
	}
	return hash, nil
}

// hmacSign(hash, key, data) returns the HMAC of data.
func hmacSign(args []engine.Value) (engine.Value, error) {
	hash, err := hashOf(argument(args, 0))
	if err != nil {
		return engine.Undefined(), err
	}
	mac := hmac.New(hash.New, argument(args, 1).Bytes())
	mac.Write(argument(args, 2).Bytes())
	return engine.Bytes(mac.Sum(nil)), nil
}

// equal(a, b) compares bytes in constant time.
func equal(args []engine.Value) (engine.Value, error) {
	return engine.Bool(subtle.ConstantTimeCompare(argument(args, 0).Bytes(), argument(args, 1).Bytes()) == 1), nil
}

// importSPKI(algorithm, curve, spki) checks a public key, which is a SubjectPublicKeyInfo. For RSA, where curve is empty,
// it returns the size of the modulus in bits and the bytes of the exponent; for ECDSA an empty list.
func importSPKI(args []engine.Value) (engine.Value, error) {
	key, err := x509.ParsePKIXPublicKey(argument(args, 2).Bytes())
	if err != nil {
		return engine.Undefined(), dataError("the key is not a valid SubjectPublicKeyInfo")
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if argument(args, 0).String() == "RSASSA-PKCS1-v1_5" {
			return describeRSA(key)
		}
	case *ecdsa.PublicKey:
		if argument(args, 0).String() == "ECDSA" && key.Curve == curves[argument(args, 1).String()] {
			return engine.List(), nil
		}
	}
	return engine.Undefined(), dataError("the key is of another algorithm or curve")
}

func describeRSA(key *rsa.PublicKey) (engine.Value, error) {
	if bits := key.N.BitLen(); bits < minRSABits {
		return engine.Undefined(), dataError("the key has %d bits, but at least %d are required", bits, minRSABits)
	}
	return engine.List(engine.Int(key.N.BitLen()), engine.Bytes(big.NewInt(int64(key.E)).Bytes())), nil
}

// spkiOfRSA(modulus, exponent) returns the SubjectPublicKeyInfo of a key.
func spkiOfRSA(args []engine.Value) (engine.Value, error) {
	n, e := new(big.Int).SetBytes(argument(args, 0).Bytes()), new(big.Int).SetBytes(argument(args, 1).Bytes())
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || n.Sign() == 0 {
		return engine.Undefined(), dataError("the modulus or the exponent of the key is out of range")
	}
	return spki(&rsa.PublicKey{N: n, E: int(e.Int64())})
}

// spkiOfEC(curve, x, y) returns the SubjectPublicKeyInfo of the key with these coordinates.
func spkiOfEC(args []engine.Value) (engine.Value, error) {
	curve, x, y := curves[argument(args, 0).String()], argument(args, 1).Bytes(), argument(args, 2).Bytes()
	if curve == nil {
		return engine.Undefined(), dataError("%q is not a curve", argument(args, 0).String())
	}
	if size := (curve.Params().BitSize + 7) / 8; len(x) != size || len(y) != size {
		return engine.Undefined(), dataError("the coordinates of a key on %s must have %d bytes each, but got %d and %d", curve.Params().Name, size, len(x), len(y))
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		return engine.Undefined(), dataError("the key is not a point on the curve")
	}
	return spki(key)
}

func spki(key any) (engine.Value, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return engine.Undefined(), dataError("the key cannot be encoded")
	}
	return engine.Bytes(der), nil
}

// verifyRSA(hash, spki, signature, data) reports whether a signature of RSASSA-PKCS1-v1_5 is valid.
func verifyRSA(args []engine.Value) (engine.Value, error) {
	key, err := x509.ParsePKIXPublicKey(argument(args, 1).Bytes())
	public, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		return engine.Undefined(), dataError("the key is invalid")
	}
	hash, err := hashOf(argument(args, 0))
	if err != nil {
		return engine.Undefined(), err
	}
	err = rsa.VerifyPKCS1v15(public, hash, sum(hash, argument(args, 3).Bytes()), argument(args, 2).Bytes())
	return engine.Bool(err == nil), nil
}

// verifyECDSA(hash, spki, signature, data) reports whether a signature of ECDSA is valid. The signature consists of r and
// s, each as long as the order of the curve (RFC 7518, section 3.4).
func verifyECDSA(args []engine.Value) (engine.Value, error) {
	key, err := x509.ParsePKIXPublicKey(argument(args, 1).Bytes())
	public, ok := key.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return engine.Undefined(), dataError("the key is invalid")
	}
	hash, err := hashOf(argument(args, 0))
	if err != nil {
		return engine.Undefined(), err
	}
	signature, size := argument(args, 2).Bytes(), (public.Curve.Params().BitSize+7)/8
	if len(signature) != 2*size {
		return engine.Bool(false), nil
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return engine.Bool(ecdsa.Verify(public, sum(hash, argument(args, 3).Bytes()), r, s)), nil
}
