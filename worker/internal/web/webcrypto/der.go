package webcrypto

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// The structures of a SubjectPublicKeyInfo (RFC 5280, section 4.1), a PrivateKeyInfo (RFC 5208, section 5) and an
// ECPrivateKey (RFC 5915, section 3), of which crypto/x509 does not return all that has to be checked.
type (
	subjectPublicKeyInfo struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	privateKeyInfo struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		PrivateKey []byte
		Attributes asn1.RawValue `asn1:"optional,tag:0"`
		PublicKey  asn1.RawValue `asn1:"optional,tag:1"` // RFC 5958, section 2
	}
	ecPrivateKey struct {
		Version    int
		PrivateKey []byte
		Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
)

var errTrailing = errors.New("there is data after the key")

// parseDER parses the whole of data.
func parseDER(data []byte, to any) error {
	rest, err := asn1.Unmarshal(data, to)
	if err == nil && len(rest) > 0 {
		err = errTrailing
	}
	return err
}

// parsePKCS8 parses a private key. Unlike crypto/x509 it does not ignore data after the key.
func parsePKCS8(data []byte) (any, error) {
	var info privateKeyInfo
	if err := parseDER(data, &info); err != nil {
		return nil, err
	}
	return x509.ParsePKCS8PrivateKey(data)
}

// asDataError returns err if it is an *Error, and otherwise a DataError with the message.
func asDataError(err error, message string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return dataError("%s", message)
}

// exported returns an exported key as KeyData.
func exported(der []byte, err error) (KeyData, error) {
	if err != nil {
		return KeyData{}, operationError("the key cannot be exported")
	}
	return KeyData{Bytes: der}, nil
}

// wrongType returns the error for a format that is for keys of another type.
func wrongType(format string, k *Key) error {
	return invalidAccess("a %s key cannot be exported in the format %s", k.Type, format)
}
