package webcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// sealed is the content of a sealed key.
type sealed struct {
	Key         *Key
	Extractable bool
}

// sealSize is the size of the secret with which keys are sealed.
const sealSize = 32

// sealSecret is the secret of this process. It is chosen when it is first used, unless SealWith has set it.
var sealSecret = struct {
	once  sync.Once
	bytes []byte
}{}

// SealSecret returns the secret with which keys are sealed. It must not be changed.
func SealSecret() []byte {
	sealSecret.once.Do(func() { sealSecret.bytes = random(sealSize) })
	return sealSecret.bytes
}

// SealWith makes a process seal keys with the SealSecret of another one, so that each can open what the other has sealed. It fails if this process
// has used another secret.
func SealWith(other []byte) error {
	if len(other) != sealSize {
		return fmt.Errorf("webcrypto: a secret has %d bytes; got %d", sealSize, len(other))
	}
	sealSecret.once.Do(func() { sealSecret.bytes = other })
	if !bytes.Equal(sealSecret.bytes, other) {
		return errors.New("webcrypto: this process has sealed keys with another secret")
	}
	return nil
}

// sealer encrypts with the secret.
var sealer = sync.OnceValues(func() (cipher.AEAD, error) {
	block, err := aes.NewCipher(SealSecret())
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
})

// Seal returns a key as text that only Open in a process with the same secret can read, so that it can pass through code that must not see
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
