package web

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	_ "crypto/md5" // registers crypto.MD5, as the imports of the other hashes do
	"crypto/pbkdf2"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"hash"
	"maps"
	"slices"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
)

// nodeCryptoFunctions are the host functions of the bundle node_crypto.
var nodeCryptoFunctions = map[string]engine.HostFunc{
	"nodeHash":       nodeHash,
	"nodeHMAC":       nodeHMAC,
	"nodePBKDF2":     nodePBKDF2,
	"nodeHKDF":       nodeHKDF,
	"nodeHashes":     nodeHashNames,
	"nodePrivateKey": nodePrivateKey,
	"nodePublicKey":  nodePublicKey,
	"nodeExportKey":  nodeExportKey,
	"nodeSign":       nodeSign,
	"nodeVerify":     nodeVerify,
	"nodeCipher":     nodeCipher,
}

// nodeHashes are the hashes by their names in lower case.
var nodeHashes = map[string]crypto.Hash{
	"md5": crypto.MD5, "sha1": crypto.SHA1, "sha224": crypto.SHA224, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
	"sha512-224": crypto.SHA512_224, "sha512-256": crypto.SHA512_256,
	"sha3-224": crypto.SHA3_224, "sha3-256": crypto.SHA3_256, "sha3-384": crypto.SHA3_384, "sha3-512": crypto.SHA3_512,
}

// nodeHashOf returns the hash with a name of Node, such as "sha256", "SHA-256" or "RSA-SHA256", and reports whether it exists.
func nodeHashOf(name engine.Value) (crypto.Hash, bool) {
	text := strings.TrimPrefix(strings.ToLower(name.String()), "rsa-")
	if h, ok := nodeHashes[text]; ok {
		return h, true
	}
	h, ok := nodeHashes[strings.Replace(text, "sha-", "sha", 1)]
	return h, ok
}

// nodeHashNames() returns the names of the hashes.
func nodeHashNames([]engine.Value) (engine.Value, error) {
	return stringList(slices.Sorted(maps.Keys(nodeHashes))), nil
}

func nodeSum(h crypto.Hash, data []byte) []byte {
	digest := h.New()
	digest.Write(data)
	return digest.Sum(nil)
}

// nodeHash(hash, data) returns the digest of data, or null for an unknown hash.
func nodeHash(args []engine.Value) (engine.Value, error) {
	h, ok := nodeHashOf(argument(args, 0))
	if !ok {
		return engine.Null(), nil
	}
	return engine.Bytes(nodeSum(h, argument(args, 1).Bytes())), nil
}

// nodeHMAC(hash, key, data) returns the HMAC of data, or null for an unknown hash.
func nodeHMAC(args []engine.Value) (engine.Value, error) {
	h, ok := nodeHashOf(argument(args, 0))
	if !ok {
		return engine.Null(), nil
	}
	mac := hmac.New(h.New, argument(args, 1).Bytes())
	mac.Write(argument(args, 2).Bytes())
	return engine.Bytes(mac.Sum(nil)), nil
}

// nodePBKDF2(hash, password, salt, iterations, length) returns a key, or null for an unknown hash.
func nodePBKDF2(args []engine.Value) (engine.Value, error) {
	h, ok := nodeHashOf(argument(args, 0))
	if !ok {
		return engine.Null(), nil
	}
	key, err := pbkdf2.Key(func() hash.Hash { return h.New() }, string(argument(args, 1).Bytes()), argument(args, 2).Bytes(), argument(args, 3).Int(), argument(args, 4).Int())
	if err != nil {
		return engine.Undefined(), rangeError(err.Error())
	}
	return engine.Bytes(key), nil
}

// nodeHKDF(hash, key, salt, info, length) returns a key, or null for an unknown hash.
func nodeHKDF(args []engine.Value) (engine.Value, error) {
	h, ok := nodeHashOf(argument(args, 0))
	if !ok {
		return engine.Null(), nil
	}
	key, err := hkdf.Key(h.New, argument(args, 1).Bytes(), argument(args, 2).Bytes(), string(argument(args, 3).Bytes()), argument(args, 4).Int())
	if err != nil {
		return engine.Undefined(), rangeError("the key is too long for the hash")
	}
	return engine.Bytes(key), nil
}
