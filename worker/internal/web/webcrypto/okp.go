package webcrypto

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"slices"
)

func generateEd25519(_ *Algorithm, u Usages) ([]*Key, error) {
	if err := u.restrict(Sign|Verify, "a key for Ed25519"); err != nil {
		return nil, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, operationError("the key cannot be generated")
	}
	return okpPair("Ed25519", public, private, u), nil
}

func generateX25519(_ *Algorithm, u Usages) ([]*Key, error) {
	if err := u.restrict(DeriveKey|DeriveBits, "a key for X25519"); err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, operationError("the key cannot be generated")
	}
	return okpPair("X25519", key.PublicKey().Bytes(), key.Bytes(), u), nil
}

func okpPair(algorithm string, public, private []byte, u Usages) []*Key {
	forPublic, forPrivate := ecUsages(algorithm)
	return []*Key{
		{Type: Public, Algorithm: algorithm, Usages: u & forPublic, Material: public},
		{Type: Private, Algorithm: algorithm, Usages: u & forPrivate, Material: private},
	}
}

func importEd25519(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	return importOKP(format, data, a, extractable, u, jwkRules{kty: "OKP", use: "sig"}, func(seed []byte) (material, public []byte) {
		key := ed25519.NewKeyFromSeed(seed)
		return key, key[ed25519.SeedSize:]
	})
}

func importX25519(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	return importOKP(format, data, a, extractable, u, jwkRules{kty: "OKP", use: "enc"}, func(seed []byte) (material, public []byte) {
		key, err := ecdh.X25519().NewPrivateKey(seed)
		if err != nil {
			return nil, nil
		}
		return seed, key.PublicKey().Bytes()
	})
}

// okpSize is the length of public and private keys of Ed25519 and X25519 in bytes.
const okpSize = 32

// importOKP imports a key of Ed25519 or X25519. derive returns the material and the public key of 32 bytes of a private key.
func importOKP(format string, data KeyData, a *Algorithm, extractable bool, u Usages, rules jwkRules, derive func([]byte) (material, public []byte)) (*Key, error) {
	k := &Key{Type: Public, Algorithm: a.Name, Usages: u}
	allowed, private := ecUsages(a.Name)
	if format == "pkcs8" || format == "jwk" && data.JWK.isPrivate() {
		k.Type, allowed = Private, private
	}
	if err := u.restrict(allowed, "a "+string(k.Type)+" key for "+a.Name); err != nil {
		return nil, err
	}
	var err error
	switch format {
	case "raw":
		k.Material = clone(data.Bytes)
	case "spki":
		k.Material, err = okpOfSPKI(data.Bytes, a.Name)
	case "pkcs8":
		var seed []byte
		if seed, err = okpOfPKCS8(data.Bytes, a.Name); err == nil {
			k.Material, _ = derive(seed)
		}
	case "jwk":
		if err := data.JWK.check(rules, extractable, u); err != nil {
			return nil, err
		}
		k.Material, err = okpOfJWK(data.JWK, a.Name, derive)
	default:
		return nil, badFormat(format, a.Name)
	}
	switch {
	case err != nil:
		return nil, asDataError(err, "the key is not a valid key of "+a.Name+" in the format "+format)
	case k.Type == Public && len(k.Material) != okpSize:
		return nil, dataError("a public key of %s must have %d bytes, but got %d", a.Name, okpSize, len(k.Material))
	}
	return k, nil
}

// okpOfSPKI returns the public key of a SubjectPublicKeyInfo (RFC 8410, section 4).
func okpOfSPKI(der []byte, algorithm string) ([]byte, error) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	switch key := parsed.(type) {
	case ed25519.PublicKey:
		if algorithm == "Ed25519" {
			return key, nil
		}
	case *ecdh.PublicKey:
		if algorithm == "X25519" {
			return key.Bytes(), nil
		}
	}
	if err == nil {
		err = dataError("the key is not a key of %s", algorithm)
	}
	return nil, err
}

// okpOfPKCS8 returns the private key of a PrivateKeyInfo (RFC 8410, section 7).
func okpOfPKCS8(der []byte, algorithm string) ([]byte, error) {
	parsed, err := parsePKCS8(der)
	switch key := parsed.(type) {
	case ed25519.PrivateKey:
		if algorithm == "Ed25519" {
			return key.Seed(), nil
		}
	case *ecdh.PrivateKey:
		if algorithm == "X25519" {
			return key.Bytes(), nil
		}
	}
	if err == nil {
		err = dataError("the key is not a key of %s", algorithm)
	}
	return nil, err
}

// okpOfJWK returns the material of a JWK (RFC 8037, section 2).
func okpOfJWK(j *JWK, algorithm string, derive func([]byte) (material, public []byte)) ([]byte, error) {
	if j.Members["crv"] != algorithm {
		return nil, dataError("the member crv of the key must be %s, but got %q", algorithm, j.Members["crv"])
	}
	x, err := j.coordinate("x", okpSize)
	if err != nil || !j.isPrivate() {
		return x, err
	}
	d, err := j.coordinate("d", okpSize)
	if err != nil {
		return nil, err
	}
	material, public := derive(d)
	if !bytes.Equal(x, public) {
		return nil, dataError("the member x of the key does not match the member d")
	}
	return material, nil
}

// publicOKP returns the public key that belongs to a key.
func (k *Key) publicOKP() ([]byte, error) {
	switch {
	case k.Type == Public:
		return k.Material, nil
	case k.Algorithm == "Ed25519":
		if len(k.Material) == ed25519.PrivateKeySize {
			return k.Material[ed25519.SeedSize:], nil
		}
	default:
		if key, err := ecdh.X25519().NewPrivateKey(k.Material); err == nil {
			return key.PublicKey().Bytes(), nil
		}
	}
	return nil, operationError("the key is invalid")
}

func exportOKP(format string, k *Key) (KeyData, error) {
	switch {
	case format == "jwk":
		public, err := k.publicOKP()
		if err != nil {
			return KeyData{}, err
		}
		members := map[string]string{"kty": "OKP", "crv": k.Algorithm, "x": encode(public)}
		if k.Type == Private {
			members["d"] = encode(k.Material[:okpSize])
		}
		return KeyData{JWK: &JWK{Members: members}}, nil
	case format == "raw" && k.Type == Public:
		return KeyData{Bytes: clone(k.Material)}, nil
	case format == "spki" && k.Type == Public:
		key, err := k.parseOKP()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKIXPublicKey(key))
	case format == "pkcs8" && k.Type == Private:
		key, err := k.parseOKP()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKCS8PrivateKey(key))
	}
	return KeyData{}, wrongType(format, k)
}

// parseOKP returns the key of crypto/ed25519 or crypto/ecdh.
func (k *Key) parseOKP() (key any, err error) {
	switch {
	case k.Algorithm == "Ed25519" && k.Type == Public:
		return ed25519.PublicKey(k.Material), nil
	case k.Algorithm == "Ed25519":
		return ed25519.PrivateKey(k.Material), nil
	case k.Type == Public:
		key, err = ecdh.X25519().NewPublicKey(k.Material)
	default:
		key, err = ecdh.X25519().NewPrivateKey(k.Material)
	}
	if err != nil {
		return nil, operationError("the key is invalid")
	}
	return key, nil
}

func signEd25519(_ *Algorithm, k *Key, data []byte) ([]byte, error) {
	if len(k.Material) != ed25519.PrivateKeySize {
		return nil, operationError("the key is invalid")
	}
	return ed25519.Sign(ed25519.PrivateKey(k.Material), data), nil
}

// verifyEd25519 verifies a signature, and refuses small-order points as the key and in the signature.
func verifyEd25519(_ *Algorithm, k *Key, signature, data []byte) (bool, error) {
	if len(k.Material) != ed25519.PublicKeySize || len(signature) != ed25519.SignatureSize {
		return false, nil
	}
	if isSmallOrder(k.Material) || isSmallOrder(signature[:okpSize]) {
		return false, nil
	}
	return ed25519.Verify(ed25519.PublicKey(k.Material), data, signature), nil
}

// smallOrder has in hexadecimal the canonical encodings of the points of Ed25519 whose order divides 8, and those encodings
// that are not canonical; the last bit is the sign of x, and is cleared here.
var smallOrder = [...]string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// isSmallOrder reports whether a public value encodes a point whose order divides 8.
func isSmallOrder(point []byte) bool {
	p := slices.Clone(point)
	p[len(p)-1] &= 0x7F
	return slices.Contains(smallOrder[:], hex.EncodeToString(p))
}
