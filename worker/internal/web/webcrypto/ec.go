package webcrypto

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"
	"sync"
)

// namedCurve is a curve of the Web Cryptography API.
type namedCurve struct {
	elliptic.Curve
	oid asn1.ObjectIdentifier // RFC 5480, section 2.1.1.1
	alg string                // the member alg of a JWK for signatures (RFC 7518, section 3.4)
}

// namedCurves has the curves by their names. It is made when it is first used, because crypto/elliptic computes the parameters
// of its curves then.
var namedCurves = sync.OnceValue(func() map[string]namedCurve {
	return map[string]namedCurve{
		"P-256": {elliptic.P256(), asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, "ES256"},
		"P-384": {elliptic.P384(), asn1.ObjectIdentifier{1, 3, 132, 0, 34}, "ES384"},
		"P-521": {elliptic.P521(), asn1.ObjectIdentifier{1, 3, 132, 0, 35}, "ES512"},
	}
})

// oidPublicKeyEC is id-ecPublicKey (RFC 5480, section 2.1.1).
var oidPublicKeyEC = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}

func curveOf(name string) (namedCurve, error) {
	c, ok := namedCurves()[name]
	if !ok {
		return c, notSupported("the curve %q is not supported: supported are P-256, P-384 and P-521", name)
	}
	return c, nil
}

// size returns the length of a coordinate in bytes.
func (c namedCurve) size() int { return (c.Params().BitSize + 7) / 8 }

// point returns the uncompressed form of an encoded point on the curve, after checking it.
func (c namedCurve) point(encoded []byte) ([]byte, error) {
	if len(encoded) == 1+c.size() && (encoded[0] == 2 || encoded[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(c.Curve, encoded)
		if x == nil {
			return nil, dataError("the key is not a point on the curve")
		}
		encoded = slices.Concat([]byte{4}, x.FillBytes(make([]byte, c.size())), y.FillBytes(make([]byte, c.size())))
	}
	if _, err := ecdsa.ParseUncompressedPublicKey(c.Curve, encoded); err != nil {
		return nil, dataError("the key is not a point on the curve")
	}
	return clone(encoded), nil
}

// ecUsages returns the usages that a public and a private key may have.
func ecUsages(algorithm string) (public, private Usages) {
	if algorithm == "ECDH" || algorithm == "X25519" {
		return 0, DeriveKey | DeriveBits
	}
	return Verify, Sign
}

func generateEC(a *Algorithm, u Usages) ([]*Key, error) {
	public, private := ecUsages(a.Name)
	if err := u.restrict(public|private, "a key for "+a.Name); err != nil {
		return nil, err
	}
	c, err := curveOf(a.Curve)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(c.Curve, rand.Reader)
	if err != nil {
		return nil, operationError("the key cannot be generated")
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, operationError("the key cannot be generated")
	}
	scalar, err := key.Bytes()
	if err != nil {
		return nil, operationError("the key cannot be generated")
	}
	return []*Key{
		{Type: Public, Algorithm: a.Name, Curve: a.Curve, Usages: u & public, Material: point},
		{Type: Private, Algorithm: a.Name, Curve: a.Curve, Usages: u & private, Material: scalar},
	}, nil
}

func importEC(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	c, err := curveOf(a.Curve)
	if err != nil {
		return nil, err
	}
	k := &Key{Type: Public, Algorithm: a.Name, Curve: a.Curve, Usages: u}
	allowed, private := ecUsages(a.Name)
	if format == "pkcs8" || format == "jwk" && data.JWK.isPrivate() {
		k.Type, allowed = Private, private
	}
	if err := u.restrict(allowed, "a "+string(k.Type)+" key for "+a.Name); err != nil {
		return nil, err
	}
	switch format {
	case "raw":
		k.Material, err = c.point(data.Bytes)
	case "spki":
		k.Material, err = c.pointOfSPKI(data.Bytes)
	case "pkcs8":
		k.Material, err = c.scalarOfPKCS8(data.Bytes)
	case "jwk":
		rules := jwkRules{kty: "EC", use: "enc"}
		if a.Name == "ECDSA" {
			rules.use, rules.alg = "sig", []string{c.alg}
		}
		if err := data.JWK.check(rules, extractable, u); err != nil {
			return nil, err
		}
		k.Material, err = c.materialOfJWK(data.JWK)
	default:
		return nil, badFormat(format, a.Name)
	}
	if err != nil {
		return nil, asDataError(err, "the key is not a valid key on "+a.Curve+" in the format "+format)
	}
	return k, nil
}

// pointOfSPKI returns the point of a SubjectPublicKeyInfo (RFC 5480, section 2). crypto/x509 does not accept compressed points.
func (c namedCurve) pointOfSPKI(der []byte) ([]byte, error) {
	var info subjectPublicKeyInfo
	if err := parseDER(der, &info); err != nil {
		return nil, err
	}
	var curve asn1.ObjectIdentifier
	if err := parseDER(info.Algorithm.Parameters.FullBytes, &curve); err != nil {
		return nil, err
	}
	if !info.Algorithm.Algorithm.Equal(oidPublicKeyEC) || !curve.Equal(c.oid) {
		return nil, dataError("the key is not a key on %s", c.Params().Name)
	}
	return c.point(info.Key.RightAlign())
}

// scalarOfPKCS8 returns the private scalar of a PrivateKeyInfo (RFC 5915, section 3).
func (c namedCurve) scalarOfPKCS8(der []byte) ([]byte, error) {
	parsed, err := parsePKCS8(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != c.Curve {
		return nil, dataError("the key is not a key on %s", c.Params().Name)
	}
	var info privateKeyInfo
	var inner ecPrivateKey
	if err := parseDER(der, &info); err != nil {
		return nil, err
	}
	if err := parseDER(info.PrivateKey, &inner); err != nil {
		return nil, err
	}
	if len(inner.Curve) > 0 && !inner.Curve.Equal(c.oid) {
		return nil, dataError("the key has two different curves")
	}
	if inner.PublicKey.BitLength > 0 {
		given, err := c.point(inner.PublicKey.RightAlign())
		if err != nil {
			return nil, err
		}
		if derived, err := key.PublicKey.Bytes(); err != nil || !bytes.Equal(given, derived) {
			return nil, dataError("the public key in the key does not match the private key")
		}
	}
	return key.Bytes()
}

// materialOfJWK returns the point of a JWK, or its private scalar if it has the member d (RFC 7518, section 6.2).
func (c namedCurve) materialOfJWK(j *JWK) ([]byte, error) {
	if name := c.Params().Name; j.Members["crv"] != name {
		return nil, dataError("the member crv of the key must be %s, but got %q", name, j.Members["crv"])
	}
	point := []byte{4}
	for _, member := range []string{"x", "y"} {
		b, err := j.coordinate(member, c.size())
		if err != nil {
			return nil, err
		}
		point = append(point, b...)
	}
	point, err := c.point(point)
	if err != nil || !j.isPrivate() {
		return point, err
	}
	d, err := j.coordinate("d", c.size())
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseRawPrivateKey(c.Curve, d)
	if err != nil {
		return nil, dataError("the member d of the key is not a private key on %s", c.Params().Name)
	}
	if derived, err := key.PublicKey.Bytes(); err != nil || !bytes.Equal(point, derived) {
		return nil, dataError("the public key in the key does not match the private key")
	}
	return d, nil
}

// coordinate returns a member that must have a number of bytes.
func (j *JWK) coordinate(member string, size int) ([]byte, error) {
	b, err := j.bytes(member)
	if err == nil && len(b) != size {
		err = dataError("the member %s of the key must have %d bytes, but got %d", member, size, len(b))
	}
	return b, err
}

func exportEC(format string, k *Key) (KeyData, error) {
	switch {
	case format == "raw" && k.Type == Public:
		return KeyData{Bytes: clone(k.Material)}, nil
	case format == "spki" && k.Type == Public:
		key, err := k.ecPublic()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKIXPublicKey(key))
	case format == "pkcs8" && k.Type == Private:
		key, err := k.ecPrivate()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKCS8PrivateKey(key))
	case format != "jwk":
		return KeyData{}, wrongType(format, k)
	}
	members := map[string]string{"kty": "EC", "crv": k.Curve}
	point := k.Material
	if k.Type == Private {
		members["d"] = encode(k.Material)
		key, err := k.ecPrivate()
		if err != nil {
			return KeyData{}, err
		}
		if point, err = key.PublicKey.Bytes(); err != nil {
			return KeyData{}, operationError("the key cannot be exported")
		}
	}
	half := len(point) / 2
	members["x"], members["y"] = encode(point[1:1+half]), encode(point[1+half:])
	return KeyData{JWK: &JWK{Members: members}}, nil
}

func (k *Key) ecPublic() (*ecdsa.PublicKey, error) {
	c, err := curveOf(k.Curve)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseUncompressedPublicKey(c.Curve, k.Material)
	if err != nil {
		return nil, operationError("the key is invalid")
	}
	return key, nil
}

func (k *Key) ecPrivate() (*ecdsa.PrivateKey, error) {
	c, err := curveOf(k.Curve)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.ParseRawPrivateKey(c.Curve, k.Material)
	if err != nil {
		return nil, operationError("the key is invalid")
	}
	return key, nil
}

// signECDSA returns r and s, each as long as the order of the curve (RFC 7518, section 3.4).
func signECDSA(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	h, err := hashOf(a.Hash)
	if err != nil {
		return nil, err
	}
	key, err := k.ecPrivate()
	if err != nil {
		return nil, err
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, sum(h, data))
	if err != nil {
		return nil, operationError("the data cannot be signed")
	}
	size := (key.Params().BitSize + 7) / 8
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
}

func verifyECDSA(a *Algorithm, k *Key, signature, data []byte) (bool, error) {
	h, err := hashOf(a.Hash)
	if err != nil {
		return false, err
	}
	key, err := k.ecPublic()
	if err != nil {
		return false, err
	}
	size := (key.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false, nil
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(key, sum(h, data), r, s), nil
}
