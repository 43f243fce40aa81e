package webcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"slices"
)

// cipherOf returns the block cipher of an AES key.
func cipherOf(k *Key) (cipher.Block, error) {
	block, err := aes.NewCipher(k.Material)
	if err != nil {
		return nil, operationError("the AES key is invalid")
	}
	return block, nil
}

// cbc returns the block cipher, after checking the initialization vector.
func cbc(a *Algorithm, k *Key) (cipher.Block, error) {
	if len(a.IV) != aes.BlockSize {
		return nil, operationError("the member iv of AES-CBC must have %d bytes, but got %d", aes.BlockSize, len(a.IV))
	}
	return cipherOf(k)
}

func encryptCBC(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	block, err := cbc(a, k)
	if err != nil {
		return nil, err
	}
	out := Pad(data)
	cipher.NewCBCEncrypter(block, a.IV).CryptBlocks(out, out)
	return out, nil
}

func decryptCBC(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	block, err := cbc(a, k)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, operationError("the data cannot be decrypted")
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, a.IV).CryptBlocks(out, data)
	out, ok := Unpad(out)
	if !ok {
		return nil, operationError("the data cannot be decrypted")
	}
	return out, nil
}

// Pad returns a copy of data with 1 to 16 bytes after it, each of which contains their number, so that it consists of blocks of
// AES (RFC 5652, section 6.3).
func Pad(data []byte) []byte {
	n := aes.BlockSize - len(data)%aes.BlockSize
	return slices.Concat(data, bytes.Repeat([]byte{byte(n)}, n))
}

// Unpad returns data, which has at least one block, without the bytes that Pad adds. It reports false if they are not valid.
func Unpad(data []byte) ([]byte, bool) {
	last := data[len(data)-aes.BlockSize:]
	n := int(last[aes.BlockSize-1])
	valid := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		padding := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		valid &= (1 ^ padding) | subtle.ConstantTimeByteEq(b, byte(n))
	}
	if valid == 0 {
		return nil, false
	}
	return data[:len(data)-n], true
}

// cryptCTR encrypts or decrypts with a counter in the last Length bits of the block. The bits before it do not change.
func cryptCTR(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	if len(a.IV) != aes.BlockSize {
		return nil, operationError("the member counter of AES-CTR must have %d bytes, but got %d", aes.BlockSize, len(a.IV))
	}
	if a.Length < 1 || a.Length > 128 {
		return nil, operationError("the member length of AES-CTR must be 1 to 128, but got %d", a.Length)
	}
	block, err := cipherOf(k)
	if err != nil {
		return nil, err
	}
	// The counter wraps to 0 after untilWrap blocks. A counter of 64 bits or more does not wrap twice in any data.
	blocks := uint64(len(data)+aes.BlockSize-1) / aes.BlockSize
	low := binary.BigEndian.Uint64(a.IV[8:])
	untilWrap := uint64(1<<63 - 1)
	start := slices.Clone(a.IV) // the first block after the counter has wrapped
	if a.Length < 64 {
		size := uint64(1) << a.Length
		if blocks > size {
			return nil, operationError("the counter of AES-CTR has %d bits, too few for %d bytes", a.Length, len(data))
		}
		untilWrap = size - low%size
		binary.BigEndian.PutUint64(start[8:], low&^(size-1))
	} else {
		high := binary.BigEndian.Uint64(a.IV)
		mask := uint64(1)<<(a.Length-64) - 1 // 1<<64 is 0, so that the mask of 128 bits is complete
		if high&mask == mask && low != 0 {
			untilWrap = -low
		}
		binary.BigEndian.PutUint64(start, high&^mask)
		binary.BigEndian.PutUint64(start[8:], 0)
	}
	out := make([]byte, len(data))
	if blocks <= untilWrap {
		cipher.NewCTR(block, a.IV).XORKeyStream(out, data)
		return out, nil
	}
	at := int(untilWrap) * aes.BlockSize
	cipher.NewCTR(block, a.IV).XORKeyStream(out[:at], data[:at])
	cipher.NewCTR(block, start).XORKeyStream(out[at:], data[at:])
	return out, nil
}

const fullTag = 16 // the length of the tag of AES-GCM in bytes

// gcm returns the AEAD with tags of full length, and the length of the tags in bytes.
func gcm(a *Algorithm, k *Key) (cipher.AEAD, int, error) {
	bits := a.TagLength
	if bits < 0 {
		bits = 128
	}
	if !slices.Contains([]int{32, 64, 96, 104, 112, 120, 128}, bits) {
		return nil, 0, operationError("the member tagLength of AES-GCM must be 32, 64, 96, 104, 112, 120 or 128, but got %d", bits)
	}
	if len(a.IV) == 0 {
		return nil, 0, operationError("the member iv of AES-GCM must not be empty")
	}
	block, err := cipherOf(k)
	if err != nil {
		return nil, 0, err
	}
	aead, err := cipher.NewGCMWithNonceSize(block, len(a.IV))
	if err != nil {
		return nil, 0, operationError("the parameters of AES-GCM are invalid")
	}
	return aead, bits / 8, nil
}

func encryptGCM(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	aead, tag, err := gcm(a, k)
	if err != nil {
		return nil, err
	}
	out := aead.Seal(make([]byte, 0, len(data)+fullTag), a.IV, data, a.Extra)
	return out[:len(data)+tag], nil
}

// decryptGCM decrypts data. crypto/cipher does not accept the shorter tags of the standard together with every nonce. As
// encryption and decryption are the same apart from the tag, such data is decrypted by encrypting it; encrypting the
// result returns the tag to compare with.
func decryptGCM(a *Algorithm, k *Key, data []byte) ([]byte, error) {
	aead, tag, err := gcm(a, k)
	if err != nil {
		return nil, err
	}
	if len(data) < tag {
		return nil, operationError("the data is shorter than its tag")
	}
	if tag == fullTag {
		out, err := aead.Open(nil, a.IV, data, a.Extra)
		if err != nil {
			return nil, operationError("the data cannot be decrypted")
		}
		return out, nil
	}
	n := len(data) - tag
	out := aead.Seal(nil, a.IV, data[:n], a.Extra)[:n]
	want := aead.Seal(nil, a.IV, out, a.Extra)[n : n+tag]
	if subtle.ConstantTimeCompare(want, data[n:]) == 0 {
		return nil, operationError("the data cannot be decrypted")
	}
	return out, nil
}

// wrapIV is the initial value of AES-KW (RFC 3394, section 2.2.3.1).
const wrapIV = 0xA6A6A6A6A6A6A6A6

// wrapAES encrypts a key with AES-KW (RFC 3394, section 2.2.1).
func wrapAES(k *Key, data []byte) ([]byte, error) {
	if len(data)%8 != 0 || len(data) < 16 {
		return nil, operationError("AES-KW wraps a multiple of 8 bytes, at least 16, but got %d", len(data))
	}
	block, err := cipherOf(k)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 8, 8+len(data)), data...)
	n := uint64(len(data) / 8)
	var b [16]byte
	check := uint64(wrapIV)
	for j := range uint64(6) {
		for i := range n {
			r := out[8*(i+1) : 8*(i+2)]
			binary.BigEndian.PutUint64(b[:8], check)
			copy(b[8:], r)
			block.Encrypt(b[:], b[:])
			check = binary.BigEndian.Uint64(b[:8]) ^ (n*j + i + 1)
			copy(r, b[8:])
		}
	}
	binary.BigEndian.PutUint64(out, check)
	return out, nil
}

// unwrapAES decrypts a key with AES-KW (RFC 3394, section 2.2.2).
func unwrapAES(k *Key, data []byte) ([]byte, error) {
	if len(data)%8 != 0 || len(data) < 24 {
		return nil, operationError("AES-KW unwraps a multiple of 8 bytes, at least 24, but got %d", len(data))
	}
	block, err := cipherOf(k)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(data[8:])
	n := uint64(len(out) / 8)
	var b [16]byte
	check := binary.BigEndian.Uint64(data)
	for j := uint64(6); j > 0; j-- {
		for i := n; i > 0; i-- {
			r := out[8*(i-1) : 8*i]
			binary.BigEndian.PutUint64(b[:8], check^(n*(j-1)+i))
			copy(b[8:], r)
			block.Decrypt(b[:], b[:])
			check = binary.BigEndian.Uint64(b[:8])
			copy(r, b[8:])
		}
	}
	var want, got [8]byte
	binary.BigEndian.PutUint64(want[:], wrapIV)
	binary.BigEndian.PutUint64(got[:], check)
	if subtle.ConstantTimeCompare(want[:], got[:]) == 0 {
		return nil, operationError("the key cannot be unwrapped")
	}
	return out, nil
}
