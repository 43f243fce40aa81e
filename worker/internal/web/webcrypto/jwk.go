package webcrypto

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// KeyData is a key outside of a CryptoKey: bytes for the formats raw, spki and pkcs8, and otherwise a JWK.
type KeyData struct {
	Bytes []byte
	JWK   *JWK
}

// JWK is a JSON Web Key (RFC 7517).
type JWK struct {
	Members     map[string]string // the members whose values are strings
	KeyOps      []string          // nil if absent
	Ext         *bool             // nil if absent
	OtherPrimes bool              // the member oth is present
}

// ParseJWK parses the JSON of a JWK.
func ParseJWK(text []byte) (*JWK, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, dataError("the data is not the JSON of a JWK")
	}
	j := &JWK{Members: map[string]string{}}
	for name, value := range object {
		var err error
		switch name {
		case "ext":
			err = json.Unmarshal(value, &j.Ext)
		case "key_ops":
			err = json.Unmarshal(value, &j.KeyOps)
		case "oth":
			j.OtherPrimes = true
		case "kty", "use", "alg", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k":
			var member string
			err = json.Unmarshal(value, &member)
			j.Members[name] = member
		}
		if err != nil {
			return nil, dataError("the member %s of the key has another type than a JWK requires", name)
		}
	}
	return j, nil
}

// jwkRules are the requirements of an algorithm on the common members of a JWK.
type jwkRules struct {
	kty string
	use string   // the value of use, if it is present and the key has usages
	alg []string // the values of alg, if it is present; empty if every value is allowed
}

// check checks the common members of a JWK.
func (j *JWK) check(r jwkRules, extractable bool, u Usages) error {
	if j.Members["kty"] != r.kty {
		return dataError("the member kty of the key must be %s, but got %q", r.kty, j.Members["kty"])
	}
	if use, ok := j.Members["use"]; ok && u != 0 && use != r.use {
		return dataError("the member use of the key must be %s, but got %q", r.use, use)
	}
	if alg, ok := j.Members["alg"]; ok && len(r.alg) > 0 && !slices.Contains(r.alg, alg) {
		return dataError("the member alg of the key must be %s, but got %q", strings.Join(r.alg, " or "), alg)
	}
	if j.Ext != nil && !*j.Ext && extractable {
		return dataError("the key must not be extractable, because its member ext is false")
	}
	return j.checkKeyOps(u)
}

// checkKeyOps checks that key_ops has no duplicates and contains all usages (RFC 7517, section 4.3).
func (j *JWK) checkKeyOps(u Usages) error {
	if j.KeyOps == nil {
		return nil
	}
	for i, op := range j.KeyOps {
		if slices.Contains(j.KeyOps[:i], op) {
			return dataError("the member key_ops of the key contains %q twice", op)
		}
	}
	for _, name := range u.Names() {
		if !slices.Contains(j.KeyOps, name) {
			return dataError("the member key_ops of the key does not contain %s", name)
		}
	}
	return nil
}

// bytes returns the content of a member that is base64url without padding (RFC 7515, section 2).
func (j *JWK) bytes(member string) ([]byte, error) {
	text, ok := j.Members[member]
	if !ok {
		return nil, dataError("the key has no member %s", member)
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // the decoder ignores line ends
		return nil, dataError("the member %s of the key is not base64url without padding", member)
	}
	return b, nil
}

// isPrivate reports whether the JWK is a private key, which has the member d.
func (j *JWK) isPrivate() bool {
	_, ok := j.Members["d"]
	return ok
}

// encode returns bytes as the value of a member.
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// badFormat returns the error for a format that an algorithm does not support.
func badFormat(format, algorithm string) error {
	return notSupported("the format %s is not supported for this kind of key of %s", format, algorithm)
}
