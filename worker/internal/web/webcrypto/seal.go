package webcrypto

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"sync"
)

// sealed is the content of a sealed key.
type sealed struct {
	Key         *Key
	Extractable bool
}

// sealer encrypts with a key of this process.
var sealer = sync.OnceValues(func() (cipher.AEAD, error) {
	block, err := aes.NewCipher(random(32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
})

// Seal returns a key as text that only Open in the same process can read, so that it can pass through code that must not see
// the key.
func Seal(k *Key, extractable bool) (string, error) {
	aead, err := sealer()
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(sealed{k, extractable})
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(aead.Seal(nil, nil, content, nil)), nil
}

// Open returns the key in a text of Seal, and whether it is extractable.
func Open(text string) (k *Key, extractable bool, err error) {
	aead, err := sealer()
	if err != nil {
		return nil, false, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false, dataError("the text is not a key")
	}
	content, err := aead.Open(nil, nil, data, nil)
	if err != nil {
		return nil, false, dataError("the text is not a key of this process")
	}
	var s sealed
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, false, err
	}
	return s.Key, s.Extractable, nil
}
