package webcrypto

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"math/big"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func aesKey(algorithm string, material []byte) *Key {
	return &Key{Type: Secret, Algorithm: algorithm, Length: len(material) * 8, Material: material}
}

func TestWrapAES(t *testing.T) { // RFC 3394, sections 4.1 and 4.6
	for _, c := range []struct{ key, data, want string }{
		{"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
			"28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		k := aesKey("AES-KW", unhex(t, c.key))
		wrapped, err := Wrap(k, unhex(t, c.data))
		if err != nil || !bytes.Equal(wrapped, unhex(t, c.want)) {
			t.Errorf("the wrapped key is %s; got %X, %v", c.want, wrapped, err)
		}
		data, err := Unwrap(k, wrapped)
		if err != nil || !bytes.Equal(data, unhex(t, c.data)) {
			t.Errorf("the key is %s; got %X, %v", c.data, data, err)
		}
		wrapped[3] ^= 1
		_, err = Unwrap(k, wrapped)
		wantError(t, err, "OperationError", "cannot be unwrapped")
	}
	_, err := Wrap(aesKey("AES-KW", make([]byte, 16)), make([]byte, 12))
	wantError(t, err, "OperationError", "multiple of 8")
	_, err = Unwrap(aesKey("AES-KW", make([]byte, 16)), make([]byte, 16))
	wantError(t, err, "OperationError", "at least 24")
}

// TestCTRCountsInItsBits compares with a counter of big integers, around the values where the counter wraps to 0.
func TestCTRCountsInItsBits(t *testing.T) {
	k := aesKey("AES-CTR", []byte("0123456789abcdef"))
	block, err := aes.NewCipher(k.Material)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 5*16+3)
	for bits := 1; bits <= 128; bits++ {
		size := new(big.Int).Lsh(big.NewInt(1), uint(bits))
		for before := range int64(5) {
			counter := bytes.Repeat([]byte{0xA5}, 16)
			value := new(big.Int).SetBytes(counter)
			nonce := new(big.Int).Sub(value, new(big.Int).Mod(value, size))
			low := new(big.Int).Mod(new(big.Int).Sub(size, big.NewInt(before)), size)
			new(big.Int).Add(nonce, low).FillBytes(counter)
			got, err := EncryptData(&Algorithm{IV: counter, Length: bits}, k, data)
			if size.Cmp(big.NewInt(6)) < 0 {
				wantError(t, err, "OperationError", "too few")
				continue
			}
			var want []byte
			for range 6 {
				var out [16]byte
				block.Encrypt(out[:], new(big.Int).Add(nonce, low).FillBytes(make([]byte, 16)))
				want = append(want, out[:]...)
				low.Mod(low.Add(low, big.NewInt(1)), size)
			}
			if !bytes.Equal(got, want[:len(data)]) {
				t.Fatalf("a counter of %d bits, %d blocks before its end, must wrap within its bits", bits, before)
			}
		}
	}
	for _, bits := range []int{0, 129} {
		_, err := EncryptData(&Algorithm{IV: make([]byte, 16), Length: bits}, k, data)
		wantError(t, err, "OperationError", "1 to 128")
	}
}

func TestGCMWithEveryTagLength(t *testing.T) {
	k := aesKey("AES-GCM", make([]byte, 32))
	full, err := EncryptData(&Algorithm{IV: make([]byte, 12), TagLength: -1}, k, []byte("some text"))
	if err != nil {
		t.Fatal(err)
	}
	for _, nonce := range []int{1, 12, 32} {
		for _, bits := range []int{-1, 32, 64, 96, 104, 112, 120, 128} {
			a := &Algorithm{IV: make([]byte, nonce), TagLength: bits, Extra: []byte("extra")}
			sealed, err := EncryptData(a, k, []byte("some text"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := DecryptData(a, k, sealed); err != nil || string(got) != "some text" {
				t.Errorf("a nonce of %d bytes, a tag of %d bits: the text is decrypted; got %q, %v", nonce, bits, got, err)
			}
			for i := range sealed {
				sealed[i] ^= 1
				_, err := DecryptData(a, k, sealed)
				wantError(t, err, "OperationError", "cannot be decrypted")
				sealed[i] ^= 1
			}
			_, err = DecryptData(&Algorithm{IV: a.IV, TagLength: bits}, k, sealed)
			wantError(t, err, "OperationError", "cannot be decrypted")
		}
	}
	a := &Algorithm{IV: make([]byte, 12), TagLength: 32}
	if short, err := EncryptData(a, k, []byte("some text")); err != nil || !bytes.Equal(short, full[:len(short)]) {
		t.Errorf("a short tag is the beginning of the full one; got %X, %v", short, err)
	}
	_, err = DecryptData(a, k, make([]byte, 3))
	wantError(t, err, "OperationError", "shorter than its tag")
	_, err = EncryptData(&Algorithm{IV: make([]byte, 12), TagLength: 40}, k, nil)
	wantError(t, err, "OperationError", "tagLength")
	_, err = EncryptData(&Algorithm{TagLength: -1}, k, nil)
	wantError(t, err, "OperationError", "iv")
}

func TestCBCPadding(t *testing.T) {
	k, a := aesKey("AES-CBC", make([]byte, 16)), &Algorithm{IV: make([]byte, 16)}
	for n := range 40 {
		data := bytes.Repeat([]byte{7}, n)
		sealed, err := EncryptData(a, k, data)
		if err != nil || len(sealed) != n+16-n%16 {
			t.Fatalf("%d bytes are padded; got %d, %v", n, len(sealed), err)
		}
		if got, err := DecryptData(a, k, sealed); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes are decrypted; got %X, %v", n, got, err)
		}
	}
	block, err := aes.NewCipher(k.Material)
	if err != nil {
		t.Fatal(err)
	}
	for end, valid := range map[string]bool{"00": false, "11": false, "01": true, "0202": true, "0102": false, "0303": false, "010303": false, "030303": true, "ff": false} {
		plain := append(bytes.Repeat([]byte{9}, 16-len(end)/2), unhex(t, end)...)
		block.Encrypt(plain, plain) // the initialization vector is zero
		if _, err := DecryptData(a, k, plain); (err == nil) != valid {
			t.Errorf("the padding %s is valid: %t; got %v", end, valid, err)
		}
	}
	for _, n := range []int{0, 15, 17} {
		_, err := DecryptData(a, k, make([]byte, n))
		wantError(t, err, "OperationError", "cannot be decrypted")
	}
}
