package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/webcrypto"
)

// The functions in this file implement the operations of lazy/crypto. Their first argument is the function of host.later.
//
// An algorithm is a list with the fields of a webcrypto.Algorithm in their order; the rest of it may be missing. A key is a
// list of type, algorithm, hash, curve, length, exponent and material. Usages are the bits of webcrypto.Usages. A new key is
// a list of type, length, exponent, material and usages. A JWK is a list of names and values: values are strings, true or
// false for ext, and lists for key_ops.

// subtleFunctions returns the host functions of the bundle crypto.
func (h *host) subtleFunctions() map[string]engine.HostFunc {
	return map[string]engine.HostFunc{
		"subtleDigest":   h.subtleDigest,
		"subtleGenerate": h.subtleGenerate,
		"subtleImport":   h.subtleImport,
		"subtleExport":   h.subtleExport,
		"subtleCrypt":    h.subtleCrypt,
		"subtleVerify":   h.subtleVerify,
		"subtleDerive":   h.subtleDerive,
		"subtleLength":   subtleLength,
		"subtleSeal":     subtleSeal,
		"subtleOpen":     subtleOpen,
	}
}

// equal(a, b) compares bytes in constant time.
func equal(args []engine.Value) (engine.Value, error) {
	return engine.Bool(subtle.ConstantTimeCompare(argument(args, 0).Bytes(), argument(args, 1).Bytes()) == 1), nil
}

// subtleDigest(settle, hash, data) returns the digest of data.
func (h *host) subtleDigest(args []engine.Value) (engine.Value, error) {
	hash, data := argument(args, 1).String(), argument(args, 2).Bytes()
	return h.later(argument(args, 0), webcrypto.IsSlow("digest", nil, nil, len(data)), len(data), func(context.Context) (engine.Value, error) {
		return bytesOrThrow(webcrypto.Digest(hash, data))
	})
}

// subtleGenerate(settle, algorithm, usages) returns a list of a new secret key, or of a public and a private key.
func (h *host) subtleGenerate(args []engine.Value) (engine.Value, error) {
	a, usages := algorithmOf(argument(args, 1)), webcrypto.Usages(argument(args, 2).Int())
	return h.later(argument(args, 0), webcrypto.IsSlow("generateKey", a, nil, 0), 0, func(context.Context) (engine.Value, error) {
		keys, err := webcrypto.Generate(a, usages)
		var list []engine.Value
		for _, k := range keys {
			list = append(list, newKeyValue(k))
		}
		return engine.List(list...), throwOf(err)
	})
}

// subtleImport(settle, algorithm, usages, format, data, extractable) returns a new key. For the format jwk data is a JWK, or
// the bytes of its JSON.
func (h *host) subtleImport(args []engine.Value) (engine.Value, error) {
	a, usages := algorithmOf(argument(args, 1)), webcrypto.Usages(argument(args, 2).Int())
	format, given, extractable := argument(args, 3).String(), argument(args, 4), argument(args, 5).Bool()
	data := webcrypto.KeyData{Bytes: given.Bytes()}
	size := len(data.Bytes)
	if format == "jwk" {
		var err error
		if data.JWK, err = jwkOf(given); err != nil {
			return engine.Undefined(), throwOf(err)
		}
		size = 6 * len(data.JWK.Members["d"]) // about the length as PKCS #8
	}
	slow := webcrypto.IsSlow("importKey", a, nil, size)
	return h.later(argument(args, 0), slow, size, func(context.Context) (engine.Value, error) {
		k, err := webcrypto.Import(format, data, a, extractable, usages)
		if err != nil {
			return engine.Undefined(), throwOf(err)
		}
		return newKeyValue(k), nil
	})
}

// subtleExport(settle, key, format) returns a key as bytes, or as a JWK.
func (h *host) subtleExport(args []engine.Value) (engine.Value, error) {
	k, format := keyOf(argument(args, 1)), argument(args, 2).String()
	return h.later(argument(args, 0), webcrypto.IsSlow("exportKey", nil, k, 0), 0, func(context.Context) (engine.Value, error) {
		data, err := webcrypto.Export(format, k)
		switch {
		case err != nil:
			return engine.Undefined(), throwOf(err)
		case data.JWK == nil:
			return engine.Bytes(data.Bytes), nil
		}
		var list []engine.Value
		for _, name := range slices.Sorted(maps.Keys(data.JWK.Members)) {
			list = append(list, engine.String(name), engine.String(data.JWK.Members[name]))
		}
		return engine.List(list...), nil
	})
}

// subtleCrypt(settle, operation, algorithm, key, data) returns the result of an operation on bytes: encrypt, decrypt, sign,
// wrapKey or unwrapKey.
func (h *host) subtleCrypt(args []engine.Value) (engine.Value, error) {
	operation, a, k, data := argument(args, 1).String(), algorithmOf(argument(args, 2)), keyOf(argument(args, 3)), argument(args, 4).Bytes()
	return h.later(argument(args, 0), webcrypto.IsSlow(operation, a, k, len(data)), len(data), func(context.Context) (engine.Value, error) {
		switch operation {
		case "encrypt":
			return bytesOrThrow(webcrypto.EncryptData(a, k, data))
		case "decrypt":
			return bytesOrThrow(webcrypto.DecryptData(a, k, data))
		case "sign":
			return bytesOrThrow(webcrypto.SignData(a, k, data))
		case "wrapKey":
			return bytesOrThrow(webcrypto.Wrap(k, data))
		}
		return bytesOrThrow(webcrypto.Unwrap(k, data))
	})
}

// subtleVerify(settle, algorithm, key, signature, data) reports whether a signature is valid.
func (h *host) subtleVerify(args []engine.Value) (engine.Value, error) {
	a, k, signature, data := algorithmOf(argument(args, 1)), keyOf(argument(args, 2)), argument(args, 3).Bytes(), argument(args, 4).Bytes()
	return h.later(argument(args, 0), webcrypto.IsSlow("verify", a, k, len(data)), len(data), func(context.Context) (engine.Value, error) {
		valid, err := webcrypto.VerifySignature(a, k, signature, data)
		return engine.Bool(valid), throwOf(err)
	})
}

// subtleDerive(settle, algorithm, key, public, length) derives bits. public is undefined for HKDF and PBKDF2; length is -1
// for the length of the shared secret.
func (h *host) subtleDerive(args []engine.Value) (engine.Value, error) {
	a, base, public, length := algorithmOf(argument(args, 1)), keyOf(argument(args, 2)), keyOf(argument(args, 3)), argument(args, 4).Int()
	return h.later(argument(args, 0), webcrypto.IsSlow("deriveBits", a, base, max(0, length)/8), len(base.Material), func(ctx context.Context) (engine.Value, error) {
		return bytesOrThrow(webcrypto.Derive(ctx, a, base, public, length))
	})
}

// subtleLength(algorithm) returns the length of a derived key in bits, and -1 if it may have any length.
func subtleLength(args []engine.Value) (engine.Value, error) {
	n, err := webcrypto.KeyLength(algorithmOf(argument(args, 0)))
	return engine.Int(n), throwOf(err)
}

// subtleSeal(key, usages, extractable) returns a key as text, which contains it in encrypted form.
func subtleSeal(args []engine.Value) (engine.Value, error) {
	k := keyOf(argument(args, 0))
	k.Usages = webcrypto.Usages(argument(args, 1).Int())
	text, err := webcrypto.Seal(k, argument(args, 2).Bool())
	return engine.String(text), throwOf(err)
}

// subtleOpen(text) reverses subtleSeal. It returns a list of algorithm, hash, curve, extractable and new key.
func subtleOpen(args []engine.Value) (engine.Value, error) {
	k, extractable, err := webcrypto.Open(argument(args, 0).String())
	if err != nil {
		return engine.Undefined(), throwOf(err)
	}
	return engine.List(engine.String(k.Algorithm), engine.String(k.Hash), engine.String(k.Curve), engine.Bool(extractable), newKeyValue(k)), nil
}

// throwOf returns the exception for an error of package webcrypto.
func throwOf(err error) error {
	if e, ok := errors.AsType[*webcrypto.Error](err); ok {
		return &engine.Throw{Name: e.Name, Message: e.Message}
	}
	return err
}

func bytesOrThrow(b []byte, err error) (engine.Value, error) {
	return engine.Bytes(b), throwOf(err)
}

// algorithmOf returns the algorithm in a list.
func algorithmOf(v engine.Value) *webcrypto.Algorithm {
	list := v.List()
	return &webcrypto.Algorithm{
		Name: textIn(list, 0), Hash: textIn(list, 1), Curve: textIn(list, 2),
		Length: numberIn(list, 3, -1), Modulus: numberIn(list, 4, 0), Exponent: argument(list, 5).Bytes(),
		IV: argument(list, 6).Bytes(), Extra: argument(list, 7).Bytes(), TagLength: numberIn(list, 8, -1),
		Salt: argument(list, 9).Bytes(), SaltLength: numberIn(list, 10, 0), Iterations: numberIn(list, 11, 0),
	}
}

// keyOf returns the key in a list.
func keyOf(v engine.Value) *webcrypto.Key {
	list := v.List()
	return &webcrypto.Key{
		Type: webcrypto.Type(textIn(list, 0)), Algorithm: textIn(list, 1), Hash: textIn(list, 2), Curve: textIn(list, 3),
		Length: numberIn(list, 4, 0), Exponent: argument(list, 5).Bytes(), Material: argument(list, 6).Bytes(),
	}
}

func newKeyValue(k *webcrypto.Key) engine.Value {
	return engine.List(engine.String(string(k.Type)), engine.Int(k.Length), engine.Bytes(k.Exponent), engine.Bytes(k.Material), engine.Int(int(k.Usages)))
}

// textIn returns an element of a list that is a string, and "" for any other value.
func textIn(list []engine.Value, i int) string {
	if v := argument(list, i); v.Kind() == engine.KindString {
		return v.String()
	}
	return ""
}

// numberIn returns an element of a list that is a number, and missing for any other value.
func numberIn(list []engine.Value, i, missing int) int {
	if v := argument(list, i); v.Kind() == engine.KindNumber {
		return v.Int()
	}
	return missing
}

// jwkOf returns the JWK in a list or in JSON.
func jwkOf(given engine.Value) (*webcrypto.JWK, error) {
	if given.Kind() == engine.KindBytes {
		return webcrypto.ParseJWK(given.Bytes())
	}
	j, list := &webcrypto.JWK{Members: map[string]string{}}, given.List()
	for i := 0; i+1 < len(list); i += 2 {
		switch name, value := list[i].String(), list[i+1]; {
		case name == "oth":
			j.OtherPrimes = true
		case value.Kind() == engine.KindBool:
			ext := value.Bool()
			j.Ext = &ext
		case value.Kind() == engine.KindList:
			j.KeyOps = []string{}
			for _, op := range value.List() {
				j.KeyOps = append(j.KeyOps, op.String())
			}
		default:
			j.Members[name] = value.String()
		}
	}
	return j, nil
}
