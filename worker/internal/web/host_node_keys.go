package web

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"

	"github.com/lingerws/linger/worker/internal/engine"
)

// Keys of Node's crypto pass between Go and JavaScript as DER: private ones as PKCS #8, public ones as SubjectPublicKeyInfo.

// nodePrivateKey(bytes) reads a private key, in PEM or as DER, in PKCS #8, PKCS #1 or SEC 1. It returns its type, the DER,
// and details: the size of the modulus in bits, or the name of the curve. It returns null if the bytes are not a private key.
func nodePrivateKey(args []engine.Value) (engine.Value, error) {
	der := argument(args, 0).Bytes()
	if block := pemBlock(der, "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"); block != nil {
		der = block.Bytes
	}
	key := parseNodePrivateKey(der)
	if key == nil {
		return engine.Null(), nil
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return engine.Null(), nil //nolint:nilerr // reported as null
	}
	return describeNodeKey(key.Public(), pkcs8), nil
}

// parseNodePrivateKey parses a private key in PKCS #8, PKCS #1 or SEC 1. It returns nil if der is not one that can sign.
func parseNodePrivateKey(der []byte) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		signer, _ := key.(crypto.Signer)
		return signer
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

// pemBlock returns the first block in PEM of one of the types, or nil.
func pemBlock(data []byte, types ...string) *pem.Block {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil
		}
		if slices.Contains(types, block.Type) {
			return block
		}
		data = rest
	}
}

// nodePublicKey(bytes) reads a public key: in PEM, as DER, from a certificate, or that of a private key. It returns the same
// as nodePrivateKey.
func nodePublicKey(args []engine.Value) (engine.Value, error) {
	public := parseNodePublicKey(argument(args, 0).Bytes())
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return engine.Null(), nil //nolint:nilerr // reported as null
	}
	return describeNodeKey(public, spki), nil
}

func parseNodePublicKey(data []byte) any {
	der := data
	if block := pemBlock(data, "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"); block != nil {
		der = block.Bytes
	}
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key
	}
	if certificate, err := x509.ParseCertificate(der); err == nil {
		return certificate.PublicKey
	}
	if block := pemBlock(data, "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"); block != nil {
		der = block.Bytes
	}
	if key := parseNodePrivateKey(der); key != nil {
		return key.Public()
	}
	return nil
}

// nodeCurves has the names of curves in Node by their names in crypto/elliptic.
var nodeCurves = map[string]string{"P-224": "secp224r1", "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}

func describeNodeKey(public any, der []byte) engine.Value {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return engine.List(engine.String("rsa"), engine.Bytes(der), engine.Int(key.N.BitLen()), engine.Int(key.E))
	case *ecdsa.PublicKey:
		return engine.List(engine.String("ec"), engine.Bytes(der), engine.String(nodeCurves[key.Params().Name]))
	case ed25519.PublicKey:
		return engine.List(engine.String("ed25519"), engine.Bytes(der))
	}
	return engine.Null()
}

// nodeExportKey(der, private, type) returns a key in PEM and as DER, of type "pkcs1", "sec1", or else pkcs8 or spki. It returns
// null if the key does not have that type.
func nodeExportKey(args []engine.Value) (engine.Value, error) {
	der, private, kind := argument(args, 0).Bytes(), argument(args, 1).Bool(), argument(args, 2).String()
	label := "PUBLIC KEY"
	var key any
	if private {
		label = "PRIVATE KEY"
		key, _ = x509.ParsePKCS8PrivateKey(der)
	} else {
		key, _ = x509.ParsePKIXPublicKey(der)
	}
	var err error
	switch kind {
	case "pkcs1":
		switch key := key.(type) {
		case *rsa.PrivateKey:
			der = x509.MarshalPKCS1PrivateKey(key)
		case *rsa.PublicKey:
			der = x509.MarshalPKCS1PublicKey(key)
		default:
			return engine.Null(), nil
		}
		label = "RSA " + label
	case "sec1":
		key, ok := key.(*ecdsa.PrivateKey)
		if !ok {
			return engine.Null(), nil
		}
		label = "EC " + label
		der, err = x509.MarshalECPrivateKey(key)
	}
	if err != nil {
		return engine.Undefined(), typeError(err.Error())
	}
	return engine.List(engine.Bytes(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})), engine.Bytes(der)), nil
}

// signing are the arguments of nodeSign and nodeVerify: hash, key, data, whether the padding is PSS, the length of the salt
// (-1 for that of the hash, -2 for the maximum), and whether ECDSA signatures are r and s and not DER.
type signing struct {
	hash   crypto.Hash
	digest []byte
	data   []byte
	pss    *rsa.PSSOptions // nil for PKCS #1
	raw    bool
}

// signingOf reads the arguments. hash is null for a key that has its own.
func signingOf(args []engine.Value) (s signing, ok bool) {
	s.data, s.raw = argument(args, 2).Bytes(), argument(args, 5).Bool()
	if name := argument(args, 0); name.Kind() == engine.KindString {
		if s.hash, ok = nodeHashOf(name); !ok {
			return s, false
		}
		s.digest = nodeSum(s.hash, s.data)
	}
	if argument(args, 3).Bool() {
		s.pss = &rsa.PSSOptions{SaltLength: argument(args, 4).Int(), Hash: s.hash}
		switch s.pss.SaltLength {
		case -1:
			s.pss.SaltLength = rsa.PSSSaltLengthEqualsHash
		case -2:
			s.pss.SaltLength = rsa.PSSSaltLengthAuto
		}
	}
	return s, true
}

// ecSignature is the DER of a signature of ECDSA (RFC 3279, section 2.2.3).
type ecSignature struct{ R, S *big.Int }

// nodeSign(hash, key, data, pss, salt, raw) returns a signature, or null for an unknown hash.
func nodeSign(args []engine.Value) (engine.Value, error) {
	s, ok := signingOf(args)
	if !ok {
		return engine.Null(), nil
	}
	parsed, _ := x509.ParsePKCS8PrivateKey(argument(args, 1).Bytes())
	var signature []byte
	var err error
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		var options crypto.SignerOpts = s.hash
		if s.pss != nil {
			options = s.pss
		}
		signature, err = key.Sign(rand.Reader, s.digest, options)
	case *ecdsa.PrivateKey:
		if signature, err = key.Sign(rand.Reader, s.digest, s.hash); err == nil && s.raw {
			signature, err = rawSignature(signature, key.Curve)
		}
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, s.data)
	default:
		return engine.Undefined(), typeError("the key cannot sign")
	}
	if err != nil {
		return engine.Undefined(), typeError("the key cannot sign with this hash: " + err.Error())
	}
	return engine.Bytes(signature), nil
}

// rawSignature returns r and s of a signature, each as long as the order of the curve.
func rawSignature(der []byte, curve elliptic.Curve) ([]byte, error) {
	var parts ecSignature
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		return nil, err
	}
	size := (curve.Params().N.BitLen() + 7) / 8
	out := make([]byte, 2*size)
	parts.R.FillBytes(out[:size])
	parts.S.FillBytes(out[size:])
	return out, nil
}

// nodeVerify(hash, key, data, pss, salt, raw, signature) reports whether a signature is valid. It returns null for an unknown
// hash.
func nodeVerify(args []engine.Value) (engine.Value, error) {
	s, ok := signingOf(args)
	if !ok {
		return engine.Null(), nil
	}
	parsed, _ := x509.ParsePKIXPublicKey(argument(args, 1).Bytes())
	signature := argument(args, 6).Bytes()
	valid := false
	switch key := parsed.(type) {
	case *rsa.PublicKey:
		if s.pss != nil {
			valid = rsa.VerifyPSS(key, s.hash, s.digest, signature, s.pss) == nil
		} else {
			valid = rsa.VerifyPKCS1v15(key, s.hash, s.digest, signature) == nil
		}
	case *ecdsa.PublicKey:
		if size := (key.Params().N.BitLen() + 7) / 8; s.raw && len(signature) == 2*size {
			valid = ecdsa.Verify(key, s.digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
		} else if !s.raw {
			valid = ecdsa.VerifyASN1(key, s.digest, signature)
		}
	case ed25519.PublicKey:
		valid = ed25519.Verify(key, s.data, signature)
	}
	return engine.Bool(valid), nil
}
