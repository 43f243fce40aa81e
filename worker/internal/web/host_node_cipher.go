package web

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/webcrypto"
)

// gcmTagSize is the size of the authentication tag of AES-GCM in bytes.
const gcmTagSize = 16

// nodeCipher(mode, decrypt, key, iv, data, additional, tag, padding) encrypts or decrypts data with AES. mode is "gcm", "cbc",
// "ctr" or "ecb". It returns the result, followed by the authentication tag when gcm encrypts. It returns null if the data
// cannot be decrypted.
func nodeCipher(args []engine.Value) (engine.Value, error) {
	mode, decrypt, iv := argument(args, 0).String(), argument(args, 1).Bool(), argument(args, 3).Bytes()
	data, padded := argument(args, 4).Bytes(), argument(args, 7).Bool()
	block, err := aes.NewCipher(argument(args, 2).Bytes())
	if err != nil {
		return engine.Undefined(), rangeError("Invalid key length")
	}
	if mode == "gcm" {
		return nodeGCM(block, decrypt, iv, data, argument(args, 5).Bytes(), argument(args, 6).Bytes())
	}
	if mode != "ecb" && len(iv) != aes.BlockSize {
		return engine.Undefined(), typeError(fmt.Sprintf("Invalid initialization vector: it has %d bytes instead of %d", len(iv), aes.BlockSize))
	}
	if mode == "ctr" {
		out := make([]byte, len(data))
		cipher.NewCTR(block, iv).XORKeyStream(out, data)
		return engine.Bytes(out), nil
	}
	if padded && !decrypt {
		data = webcrypto.Pad(data)
	}
	if len(data)%aes.BlockSize != 0 || padded && len(data) == 0 {
		return engine.Null(), nil
	}
	out := cryptBlocks(block, decrypt, iv, data)
	if padded && decrypt {
		var ok bool
		if out, ok = webcrypto.Unpad(out); !ok {
			return engine.Null(), nil
		}
	}
	return engine.Bytes(out), nil
}

// cryptBlocks encrypts or decrypts whole blocks, in the mode CBC, or ECB if there is no initialization vector.
func cryptBlocks(block cipher.Block, decrypt bool, iv, data []byte) []byte {
	out := make([]byte, len(data))
	switch {
	case len(iv) > 0 && decrypt:
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	case len(iv) > 0:
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, data)
	default:
		for i := 0; i < len(data); i += aes.BlockSize {
			if decrypt {
				block.Decrypt(out[i:], data[i:])
			} else {
				block.Encrypt(out[i:], data[i:])
			}
		}
	}
	return out
}

func nodeGCM(block cipher.Block, decrypt bool, iv, data, additional, tag []byte) (engine.Value, error) {
	if len(iv) == 0 {
		return engine.Undefined(), typeError("Invalid initialization vector")
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(iv))
	if err != nil {
		return engine.Undefined(), typeError("Invalid initialization vector")
	}
	if !decrypt {
		return engine.Bytes(gcm.Seal(nil, iv, data, additional)), nil
	}
	if len(tag) != gcmTagSize {
		return engine.Null(), nil
	}
	out, err := gcm.Open(nil, iv, append(bytes.Clone(data), tag...), additional)
	if err != nil {
		return engine.Null(), nil //nolint:nilerr // reported as null
	}
	return engine.Bytes(out), nil
}
