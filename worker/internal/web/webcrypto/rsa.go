package webcrypto

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"slices"

	"filippo.io/bigmod"
)

const (
	minRSABits          = 1024  // the smallest modulus that crypto/rsa accepts
	maxRSABits          = 16384 // the largest modulus that can be imported
	maxGeneratedRSABits = 4096  // the largest modulus that can be generated, because the time grows with the fourth power
	rsaExponent         = 65537 // the only public exponent for which crypto/rsa generates keys
)

// rsaUsages returns the usages that a public and a private key may have.
func rsaUsages(algorithm string) (public, private Usages) {
	if algorithm == "RSA-OAEP" {
		return Encrypt | WrapKey, Decrypt | UnwrapKey
	}
	return Verify, Sign
}

func generateRSA(a *Algorithm, u Usages) ([]*Key, error) {
	public, private := rsaUsages(a.Name)
	if err := u.restrict(public|private, "a key for "+a.Name); err != nil {
		return nil, err
	}
	if _, err := hashOf(a.Hash); err != nil {
		return nil, err
	}
	if a.Modulus < minRSABits || a.Modulus > maxGeneratedRSABits {
		return nil, operationError("the modulusLength of a new RSA key must be %d to %d, but got %d", minRSABits, maxGeneratedRSABits, a.Modulus)
	}
	if new(big.Int).SetBytes(a.Exponent).Cmp(big.NewInt(rsaExponent)) != 0 {
		return nil, operationError("the publicExponent of a new RSA key must be %d: new Uint8Array([1, 0, 1])", rsaExponent)
	}
	key, err := rsa.GenerateKey(rand.Reader, a.Modulus)
	if err != nil {
		return nil, operationError("an RSA key with this modulusLength and publicExponent cannot be generated")
	}
	return []*Key{publicRSA(&key.PublicKey, a, u&public), privateRSA(key, a, u&private)}, nil
}

func publicRSA(key *rsa.PublicKey, a *Algorithm, u Usages) *Key {
	return &Key{
		Type: Public, Algorithm: a.Name, Hash: a.Hash, Length: key.N.BitLen(), Exponent: big.NewInt(int64(key.E)).Bytes(),
		Usages: u, Material: x509.MarshalPKCS1PublicKey(key),
	}
}

func privateRSA(key *rsa.PrivateKey, a *Algorithm, u Usages) *Key {
	k := publicRSA(&key.PublicKey, a, u)
	k.Type, k.Material = Private, x509.MarshalPKCS1PrivateKey(key)
	return k
}

func importRSA(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	if _, err := hashOf(a.Hash); err != nil {
		return nil, err
	}
	isPrivate := format == "pkcs8" || format == "jwk" && data.JWK.isPrivate()
	allowed, private := rsaUsages(a.Name)
	what := "a public key for " + a.Name
	if isPrivate {
		allowed, what = private, "a private key for "+a.Name
	}
	if err := u.restrict(allowed, what); err != nil {
		return nil, err
	}
	var key any
	var err error
	switch format {
	case "spki":
		key, err = x509.ParsePKIXPublicKey(data.Bytes)
	case "pkcs8":
		key, err = parsePKCS8(data.Bytes)
	case "jwk":
		rules := jwkRules{kty: "RSA", use: "sig", alg: []string{rsaAlg(a.Name, a.Hash)}}
		if a.Name == "RSA-OAEP" {
			rules.use = "enc"
		}
		if err := data.JWK.check(rules, extractable, u); err != nil {
			return nil, err
		}
		key, err = data.JWK.rsa()
	default:
		return nil, badFormat(format, a.Name)
	}
	if err != nil {
		return nil, asDataError(err, "the key is not a valid RSA key in the format "+format)
	}
	return rsaKey(key, a, u)
}

// rsaKey returns the Key of a parsed key, if that is one of RSA.
func rsaKey(key any, a *Algorithm, u Usages) (*Key, error) {
	public, ok := key.(*rsa.PublicKey)
	private, isPrivate := key.(*rsa.PrivateKey)
	if isPrivate {
		public = &private.PublicKey
	}
	switch {
	case !ok && !isPrivate:
		return nil, dataError("the key is not an RSA key")
	case public.N.BitLen() < minRSABits || public.N.BitLen() > maxRSABits:
		return nil, dataError("the key has %d bits, but %d to %d are supported", public.N.BitLen(), minRSABits, maxRSABits)
	case isPrivate && len(private.Primes) != 2:
		return nil, dataError("an RSA key must have two primes")
	case isPrivate:
		return privateRSA(private, a, u), nil
	}
	return publicRSA(public, a, u), nil
}

// rsa returns the key of a JWK: an *rsa.PublicKey, or an *rsa.PrivateKey if it has the member d (RFC 7518, section 6.3).
func (j *JWK) rsa() (any, error) {
	if j.OtherPrimes {
		return nil, notSupported("RSA keys with more than two primes are not supported")
	}
	public, err := j.numbers("n", "e")
	if err != nil {
		return nil, err
	}
	n, e := public[0], public[1]
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 || n.Bit(0) == 0 {
		return nil, dataError("the modulus or the exponent of the key is not valid")
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}}
	if !j.isPrivate() {
		return &key.PublicKey, nil
	}
	if n.BitLen() < minRSABits {
		return nil, dataError("the key has %d bits, but %d to %d are supported", n.BitLen(), minRSABits, maxRSABits)
	}
	private, err := j.numbers("d", "p", "q", "dp", "dq", "qi")
	if err != nil {
		return nil, err
	}
	key.D, key.Primes = private[0], private[1:3]
	key.Precompute()
	if err := key.Validate(); err != nil {
		return nil, err
	}
	for i, computed := range []*big.Int{key.Precomputed.Dp, key.Precomputed.Dq, key.Precomputed.Qinv} {
		if computed == nil || computed.Cmp(private[3+i]) != 0 {
			return nil, dataError("the members dp, dq and qi of the key do not match the others")
		}
	}
	return key, nil
}

// numbers returns members that are numbers.
func (j *JWK) numbers(members ...string) (numbers []*big.Int, err error) {
	for _, member := range members {
		b, err := j.bytes(member)
		if err != nil {
			return nil, err
		}
		if len(b) > maxRSABits/8 {
			return nil, dataError("the member %s of the key has more than %d bits", member, maxRSABits)
		}
		numbers = append(numbers, new(big.Int).SetBytes(b))
	}
	return numbers, nil
}

// rsaAlg returns the member alg of an RSA key (RFC 7518, sections 3.1 and 4.1; Web Cryptography, sections 20.4 to 22.4).
func rsaAlg(algorithm, hash string) string {
	bits := hashBits(hash)
	switch algorithm {
	case "RSASSA-PKCS1-v1_5":
		return "RS" + bits
	case "RSA-PSS":
		return "PS" + bits
	}
	if bits == "1" {
		return "RSA-OAEP"
	}
	return "RSA-OAEP-" + bits
}

func exportRSA(format string, k *Key) (KeyData, error) {
	switch {
	case format == "spki" && k.Type == Public:
		key, err := k.rsaPublic()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKIXPublicKey(key))
	case format == "pkcs8" && k.Type == Private:
		key, err := k.rsaPrivate()
		if err != nil {
			return KeyData{}, err
		}
		return exported(x509.MarshalPKCS8PrivateKey(key))
	case format == "jwk":
		return exportRSAJWK(k)
	case format == "spki" || format == "pkcs8":
		return KeyData{}, wrongType(format, k)
	}
	return KeyData{}, badFormat(format, k.Algorithm)
}

func exportRSAJWK(k *Key) (KeyData, error) {
	public, err := k.rsaPublic()
	if err != nil {
		return KeyData{}, err
	}
	members := map[string]string{
		"kty": "RSA", "alg": rsaAlg(k.Algorithm, k.Hash),
		"n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes()),
	}
	if k.Type == Private {
		key, err := k.rsaPrivate()
		if err != nil {
			return KeyData{}, err
		}
		for name, n := range map[string]*big.Int{
			"d": key.D, "p": key.Primes[0], "q": key.Primes[1],
			"dp": key.Precomputed.Dp, "dq": key.Precomputed.Dq, "qi": key.Precomputed.Qinv,
		} {
			members[name] = encode(n.Bytes())
		}
	}
	return KeyData{JWK: &JWK{Members: members}}, nil
}

// rsaPublic returns the public key, or that of the private key.
func (k *Key) rsaPublic() (*rsa.PublicKey, error) {
	if k.Type == Private {
		key, err := k.rsaPrivate()
		if err != nil {
			return nil, err
		}
		return &key.PublicKey, nil
	}
	key, err := x509.ParsePKCS1PublicKey(k.Material)
	if err != nil {
		return nil, operationError("the RSA key is invalid")
	}
	return key, nil
}

func (k *Key) rsaPrivate() (*rsa.PrivateKey, error) {
	key, err := x509.ParsePKCS1PrivateKey(k.Material)
	if err != nil {
		return nil, operationError("the RSA key is invalid")
	}
	return key, nil
}

func encryptOAEP(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	h, err := hashOf(k.Hash)
	if err != nil {
		return nil, err
	}
	key, err := k.rsaPublic()
	if err != nil {
		return nil, err
	}
	out, err := rsa.EncryptOAEP(h.New(), rand.Reader, key, data, a.Extra)
	if err != nil {
		return nil, operationError("the data is too long for the RSA key: at most %d bytes can be encrypted", max(0, key.Size()-2*h.Size()-2))
	}
	return out, nil
}

func decryptOAEP(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	h, err := hashOf(k.Hash)
	if err != nil {
		return nil, err
	}
	key, err := k.rsaPrivate()
	if err != nil {
		return nil, err
	}
	out, err := rsa.DecryptOAEP(h.New(), nil, key, data, a.Extra)
	if err != nil {
		return nil, operationError("the data cannot be decrypted")
	}
	return out, nil
}

func signPKCS1(_ *Algorithm, k *Key, data []byte) ([]byte, error) {
	return signRSA(k, data, func(key *rsa.PrivateKey, h crypto.Hash, digest []byte) ([]byte, error) {
		return rsa.SignPKCS1v15(nil, key, h, digest)
	})
}

func signPSS(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	return signRSA(k, data, func(key *rsa.PrivateKey, h crypto.Hash, digest []byte) ([]byte, error) {
		if a.SaltLength == 0 {
			return signUnsalted(key, h, digest)
		}
		return rsa.SignPSS(rand.Reader, key, h, digest, &rsa.PSSOptions{SaltLength: a.SaltLength})
	})
}

func signRSA(k *Key, data []byte, sign func(*rsa.PrivateKey, crypto.Hash, []byte) ([]byte, error)) ([]byte, error) {
	h, err := hashOf(k.Hash)
	if err != nil {
		return nil, err
	}
	key, err := k.rsaPrivate()
	if err != nil {
		return nil, err
	}
	signature, err := sign(key, h, sum(h, data))
	if err != nil {
		return nil, operationError("the RSA key is too short for the hash and the salt")
	}
	return signature, nil
}

func verifyPKCS1(_ *Algorithm, k *Key, signature, data []byte) (bool, error) {
	return verifyRSA(k, data, func(key *rsa.PublicKey, h crypto.Hash, digest []byte) error {
		return rsa.VerifyPKCS1v15(key, h, digest, signature)
	})
}

func verifyPSS(a *Algorithm, k *Key, signature, data []byte) (bool, error) {
	return verifyRSA(k, data, func(key *rsa.PublicKey, h crypto.Hash, digest []byte) error {
		if a.SaltLength == 0 {
			return verifyUnsalted(key, h, digest, signature)
		}
		return rsa.VerifyPSS(key, h, digest, signature, &rsa.PSSOptions{SaltLength: a.SaltLength})
	})
}

func verifyRSA(k *Key, data []byte, verify func(*rsa.PublicKey, crypto.Hash, []byte) error) (bool, error) {
	h, err := hashOf(k.Hash)
	if err != nil {
		return false, err
	}
	key, err := k.rsaPublic()
	if err != nil {
		return false, err
	}
	return verify(key, h, sum(h, data)) == nil, nil
}

// signUnsalted signs a digest with RSASSA-PSS and an empty salt (RFC 8017, section 8.1.1), for which crypto/rsa has no
// option.
func signUnsalted(key *rsa.PrivateKey, h crypto.Hash, digest []byte) ([]byte, error) {
	encoded, err := encodeUnsalted(key.N.BitLen()-1, h, digest)
	if err != nil {
		return nil, err
	}
	n, err := bigmod.NewModulus(key.N.Bytes())
	if err != nil {
		return nil, err
	}
	m, err := bigmod.NewNat().SetBytes(encoded, n)
	if err != nil {
		return nil, err
	}
	return bigmod.NewNat().Exp(m, key.D.Bytes(), n).Bytes(n), nil
}

// verifyUnsalted verifies a signature of signUnsalted (RFC 8017, section 8.1.2). Without a salt, the encoded message
// depends on the digest only.
func verifyUnsalted(key *rsa.PublicKey, h crypto.Hash, digest, signature []byte) error {
	want, err := encodeUnsalted(key.N.BitLen()-1, h, digest)
	if err != nil {
		return err
	}
	s := new(big.Int).SetBytes(signature)
	if len(signature) != key.Size() || s.Cmp(key.N) >= 0 {
		return rsa.ErrVerification
	}
	got := new(big.Int).Exp(s, big.NewInt(int64(key.E)), key.N)
	if got.BitLen() > len(want)*8 || subtle.ConstantTimeCompare(got.FillBytes(make([]byte, len(want))), want) == 0 {
		return rsa.ErrVerification
	}
	return nil
}

// encodeUnsalted encodes a digest with EMSA-PSS and an empty salt (RFC 8017, section 9.1.1).
func encodeUnsalted(bits int, h crypto.Hash, digest []byte) ([]byte, error) {
	size := (bits + 7) / 8
	if size < h.Size()+2 {
		return nil, rsa.ErrMessageTooLong
	}
	check := sum(h, slices.Concat(make([]byte, 8), digest))
	encoded := mask(h, check, size-h.Size()-1)
	encoded[len(encoded)-1] ^= 0x01 // the data block is zeros and this byte, because the salt is empty
	encoded[0] &= 0xFF >> (8*size - bits)
	return append(append(encoded, check...), 0xBC), nil
}

// mask returns n bytes of MGF1 (RFC 8017, appendix B.2.1).
func mask(h crypto.Hash, seed []byte, n int) []byte {
	var out []byte
	for counter := uint32(0); len(out) < n; counter++ {
		out = append(out, sum(h, binary.BigEndian.AppendUint32(slices.Clone(seed), counter))...)
	}
	return out[:n]
}
