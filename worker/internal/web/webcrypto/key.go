package webcrypto

import (
	"math/bits"
	"strings"
)

// Type is the type of a key, as CryptoKey has it.
type Type string

// The types of keys.
const (
	Secret  Type = "secret"
	Public  Type = "public"
	Private Type = "private"
)

// Key is the content of a CryptoKey.
type Key struct {
	Type      Type
	Algorithm string // the registered name
	Hash      string // the name of the hash, for HMAC and RSA
	Curve     string // the name of the curve, for ECDSA and ECDH
	Length    int    // the length in bits, for AES and HMAC; that of the modulus, for RSA
	Exponent  []byte // the public exponent, for RSA
	Usages    Usages

	// Material is the key itself, in the form that the operations use: the bytes of a secret; for RSA the DER of PKCS #1;
	// for ECDSA and ECDH the uncompressed point or the private scalar; for Ed25519 the public key, or the seed and the
	// public key; for X25519 the public or the private key.
	Material []byte
}

// Algorithm is a normalised algorithm identifier (Web Cryptography, section 18.4): its name and the members of its
// dictionary.
type Algorithm struct {
	Name  string // the registered name
	Hash  string // the registered name of the hash
	Curve string // namedCurve

	Length     int    // length in bits, for a key or for the counter of AES-CTR; -1 if absent
	Modulus    int    // modulusLength in bits
	Exponent   []byte // publicExponent
	IV         []byte // iv, or the counter of AES-CTR
	Extra      []byte // additionalData, label or info
	TagLength  int    // tagLength in bits; -1 if absent
	Salt       []byte
	SaltLength int // saltLength in bytes
	Iterations int
}

// Usages is a set of the usages of a key.
type Usages uint8

// The usages, in the order in which CryptoKey lists them.
const (
	Encrypt Usages = 1 << iota
	Decrypt
	Sign
	Verify
	DeriveKey
	DeriveBits
	WrapKey
	UnwrapKey
)

var usageNames = [...]string{"encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"}

// Names returns the names of the usages.
func (u Usages) Names() []string {
	names := make([]string, 0, bits.OnesCount8(uint8(u)))
	for i, name := range usageNames {
		if u&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String returns the names of the usages, separated by commas.
func (u Usages) String() string { return strings.Join(u.Names(), ", ") }

// restrict returns an error if u has a usage that is not in allowed.
func (u Usages) restrict(allowed Usages, what string) error {
	switch wrong := u &^ allowed; {
	case wrong == 0:
		return nil
	case allowed == 0:
		return syntaxError("%s has no usages, but got %s", what, wrong)
	default:
		return syntaxError("the usages of %s must be among %s, but got %s", what, allowed, wrong)
	}
}

// implementation has the operations of one algorithm. An operation that is nil is not supported.
type implementation struct {
	generate  func(a *Algorithm, u Usages) ([]*Key, error)
	importKey func(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error)
	export    func(format string, k *Key) (KeyData, error)
	encrypt   func(a *Algorithm, k *Key, data []byte) ([]byte, error)
	decrypt   func(a *Algorithm, k *Key, data []byte) ([]byte, error)
	sign      func(a *Algorithm, k *Key, data []byte) ([]byte, error)
	verify    func(a *Algorithm, k *Key, signature, data []byte) (bool, error)
	wrap      func(k *Key, data []byte) ([]byte, error)
	unwrap    func(k *Key, data []byte) ([]byte, error)
	pairs     bool // the keys are pairs of a public and a private key
}

// implementations has the algorithms of keys by their registered names. Key derivation is in derive.go.
var implementations = map[string]*implementation{
	"AES-CBC": {generate: generateAES, importKey: importAES, export: exportSecret, encrypt: encryptCBC, decrypt: decryptCBC},
	"AES-CTR": {generate: generateAES, importKey: importAES, export: exportSecret, encrypt: cryptCTR, decrypt: cryptCTR},
	"AES-GCM": {generate: generateAES, importKey: importAES, export: exportSecret, encrypt: encryptGCM, decrypt: decryptGCM},
	"AES-KW":  {generate: generateAES, importKey: importAES, export: exportSecret, wrap: wrapAES, unwrap: unwrapAES},
	"HMAC":    {generate: generateHMAC, importKey: importHMAC, export: exportSecret, sign: signHMAC, verify: verifyHMAC},
	"HKDF":    {importKey: importBase},
	"PBKDF2":  {importKey: importBase},

	"RSASSA-PKCS1-v1_5": {generate: generateRSA, importKey: importRSA, export: exportRSA, sign: signPKCS1, verify: verifyPKCS1, pairs: true},
	"RSA-PSS":           {generate: generateRSA, importKey: importRSA, export: exportRSA, sign: signPSS, verify: verifyPSS, pairs: true},
	"RSA-OAEP":          {generate: generateRSA, importKey: importRSA, export: exportRSA, encrypt: encryptOAEP, decrypt: decryptOAEP, pairs: true},

	"ECDSA":   {generate: generateEC, importKey: importEC, export: exportEC, sign: signECDSA, verify: verifyECDSA, pairs: true},
	"ECDH":    {generate: generateEC, importKey: importEC, export: exportEC, pairs: true},
	"Ed25519": {generate: generateEd25519, importKey: importEd25519, export: exportOKP, sign: signEd25519, verify: verifyEd25519, pairs: true},
	"X25519":  {generate: generateX25519, importKey: importX25519, export: exportOKP, pairs: true},
}

// unsupported returns the error for an operation that an algorithm does not have.
func unsupported(operation, algorithm string) error {
	return notSupported("%s does not support %s", operation, algorithm)
}

// Generate generates a secret key, or a public and a private key. The private or secret key must have a usage.
func Generate(a *Algorithm, u Usages) ([]*Key, error) {
	impl := implementations[a.Name]
	if impl == nil || impl.generate == nil {
		return nil, unsupported("generateKey", a.Name)
	}
	keys, err := impl.generate(a, u)
	if err != nil {
		return nil, err
	}
	if last := keys[len(keys)-1]; last.Usages == 0 {
		return nil, syntaxError("a %s key must have at least one usage", last.Type)
	}
	return keys, nil
}

// Import makes a key of data in a format: raw, spki, pkcs8 or jwk. extractable is compared with the member ext of a JWK.
func Import(format string, data KeyData, a *Algorithm, extractable bool, u Usages) (*Key, error) {
	impl := implementations[a.Name]
	if impl == nil || impl.importKey == nil {
		return nil, unsupported("importKey", a.Name)
	}
	k, err := impl.importKey(format, data, a, extractable, u)
	if err != nil {
		return nil, err
	}
	if k.Type != Public && k.Usages == 0 {
		return nil, syntaxError("a %s key must have at least one usage", k.Type)
	}
	return k, nil
}

// Export returns a key in a format. The members key_ops and ext of a JWK are not set.
func Export(format string, k *Key) (KeyData, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.export == nil {
		return KeyData{}, unsupported("exportKey", k.Algorithm)
	}
	return impl.export(format, k)
}

// EncryptData encrypts data with a key of the algorithm.
func EncryptData(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.encrypt == nil {
		return nil, unsupported("encrypt", k.Algorithm)
	}
	if err := impl.require(k, Public, "encrypt"); err != nil {
		return nil, err
	}
	return impl.encrypt(a, k, data)
}

// DecryptData decrypts data with a key of the algorithm.
func DecryptData(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.decrypt == nil {
		return nil, unsupported("decrypt", k.Algorithm)
	}
	if err := impl.require(k, Private, "decrypt"); err != nil {
		return nil, err
	}
	return impl.decrypt(a, k, data)
}

// SignData returns the signature of data.
func SignData(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.sign == nil {
		return nil, unsupported("sign", k.Algorithm)
	}
	if err := impl.require(k, Private, "sign"); err != nil {
		return nil, err
	}
	return impl.sign(a, k, data)
}

// VerifySignature reports whether a signature of data is valid.
func VerifySignature(a *Algorithm, k *Key, signature, data []byte) (bool, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.verify == nil {
		return false, unsupported("verify", k.Algorithm)
	}
	if err := impl.require(k, Public, "verify"); err != nil {
		return false, err
	}
	return impl.verify(a, k, signature, data)
}

// Wrap encrypts a key that was exported as bytes, with an algorithm that is for keys only.
func Wrap(k *Key, data []byte) ([]byte, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.wrap == nil {
		return nil, unsupported("wrapKey", k.Algorithm)
	}
	return impl.wrap(k, data)
}

// Unwrap reverses Wrap.
func Unwrap(k *Key, data []byte) ([]byte, error) {
	impl := implementations[k.Algorithm]
	if impl == nil || impl.unwrap == nil {
		return nil, unsupported("unwrapKey", k.Algorithm)
	}
	return impl.unwrap(k, data)
}

// require returns an error if the algorithm has pairs of keys, and the key is not the one that the operation needs.
func (impl *implementation) require(k *Key, want Type, operation string) error {
	if impl.pairs && k.Type != want {
		return invalidAccess("%s needs a %s key, but got a %s key", operation, want, k.Type)
	}
	return nil
}
