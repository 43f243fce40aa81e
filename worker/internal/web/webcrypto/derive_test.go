package webcrypto

import (
	"bytes"
	"context"
	"crypto"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"testing"
)

func TestDeriveHKDF(t *testing.T) { // RFC 5869, appendix A.1
	base := &Key{Type: Secret, Algorithm: "HKDF", Material: bytes.Repeat([]byte{0x0B}, 22)}
	a := &Algorithm{Name: "HKDF", Hash: "SHA-256", Salt: unhex(t, "000102030405060708090a0b0c"), Extra: unhex(t, "f0f1f2f3f4f5f6f7f8f9")}
	got, err := Derive(t.Context(), a, base, nil, 42*8)
	want := "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
	if err != nil || !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("the bits are %s; got %x, %v", want, got, err)
	}
	_, err = Derive(t.Context(), a, base, nil, (255*32+1)*8)
	wantError(t, err, "OperationError", "at most")
	for _, length := range []int{-1, 0, 44} {
		_, err = Derive(t.Context(), a, base, nil, length)
		wantError(t, err, "OperationError", "multiple of 8")
	}
}

func TestDerivePBKDF2(t *testing.T) {
	for _, size := range []int{1, 20, 64, 65, 200} {
		for _, iterations := range []int{1, 2, 5000} {
			want, err := pbkdf2.Key(sha512.New, "password", []byte("salt"), iterations, size)
			if err != nil {
				t.Fatal(err)
			}
			base := &Key{Type: Secret, Algorithm: "PBKDF2", Material: []byte("password")}
			a := &Algorithm{Name: "PBKDF2", Hash: "SHA-512", Salt: []byte("salt"), Iterations: iterations}
			if got, err := Derive(t.Context(), a, base, nil, size*8); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of %d iterations are those of crypto/pbkdf2; got %x, %v", size, iterations, got, err)
			}
		}
	}
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := derivePBKDF2(ctx, crypto.SHA256, nil, nil, 1<<31, 1<<20); !errors.Is(err, cause) {
		t.Errorf("PBKDF2 ends with its context; got %v", err)
	}
	_, err := Derive(t.Context(), &Algorithm{Name: "PBKDF2", Hash: "SHA-1"}, &Key{}, nil, 8)
	wantError(t, err, "OperationError", "at least one iteration")
	_, err = Derive(t.Context(), &Algorithm{Name: "PBKDF2", Hash: "SHA-1", Iterations: 1}, &Key{}, nil, 1<<24)
	wantError(t, err, "OperationError", "at most")
}

func TestDeriveOfPairs(t *testing.T) {
	for _, a := range []*Algorithm{{Name: "ECDH", Curve: "P-256"}, {Name: "ECDH", Curve: "P-384"}, {Name: "ECDH", Curve: "P-521"}, {Name: "X25519"}} {
		alice, bob := generate(t, a, DeriveBits), generate(t, a, DeriveBits)
		one, err := Derive(t.Context(), a, alice[1], bob[0], -1)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := Derive(t.Context(), a, bob[1], alice[0], len(one)*8); err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s %s: both sides derive the same; got %x and %x, %v", a.Name, a.Curve, one, other, err)
		}
		some, err := Derive(t.Context(), a, bob[1], alice[0], 13)
		if err != nil || len(some) != 2 || some[0] != one[0] || some[1] != one[1]&0xF8 {
			t.Errorf("%s %s: 13 bits are the beginning of %x, followed by zeros; got %x, %v", a.Name, a.Curve, one, some, err)
		}
		_, err = Derive(t.Context(), a, alice[1], bob[0], len(one)*8+1)
		wantError(t, err, "OperationError", "at most")
		_, err = Derive(t.Context(), a, alice[0], bob[0], -1)
		wantError(t, err, "InvalidAccessError", "base key")
		_, err = Derive(t.Context(), a, alice[1], bob[1], -1)
		wantError(t, err, "InvalidAccessError", "public key")
	}
	p256, p384 := generate(t, &Algorithm{Name: "ECDH", Curve: "P-256"}, DeriveBits), generate(t, &Algorithm{Name: "ECDH", Curve: "P-384"}, DeriveBits)
	_, err := Derive(t.Context(), &Algorithm{Name: "ECDH"}, p256[1], p384[0], -1)
	wantError(t, err, "InvalidAccessError", "curve")
	x := generate(t, &Algorithm{Name: "X25519"}, DeriveBits)
	_, err = Derive(t.Context(), &Algorithm{Name: "X25519"}, x[1], &Key{Type: Public, Algorithm: "X25519", Material: make([]byte, 32)}, -1)
	wantError(t, err, "OperationError", "no shared secret")
}

// TestUnsaltedPSS verifies signatures with an empty salt with crypto/rsa, which accepts every length of the salt when it
// verifies.
func TestUnsaltedPSS(t *testing.T) {
	a := &Algorithm{Name: "RSA-PSS", Hash: "SHA-256", Modulus: 1025, Exponent: []byte{1, 0, 1}}
	keys := generate(t, a, Sign|Verify)
	public, err := keys[0].rsaPublic()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := SignData(a, keys[1], []byte("signed"))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("signed"))
	if err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}); err != nil {
		t.Errorf("crypto/rsa verifies the signature; got %v", err)
	}
	salted, err := SignData(&Algorithm{SaltLength: 1}, keys[1], []byte("signed"))
	if err != nil {
		t.Fatal(err)
	}
	if valid, _ := VerifySignature(a, keys[0], salted, []byte("signed")); valid {
		t.Error("a signature with a salt is not valid for an empty one")
	}
	if valid, _ := VerifySignature(&Algorithm{SaltLength: 1}, keys[0], signature, []byte("signed")); valid {
		t.Error("a signature without a salt is not valid for one of another length")
	}
	for _, wrong := range [][]byte{bytes.Repeat([]byte{0xFF}, len(signature)), make([]byte, len(signature)), nil} {
		if valid, _ := VerifySignature(a, keys[0], wrong, []byte("signed")); valid {
			t.Errorf("%x is not a signature", wrong)
		}
	}
}

func TestVerifyEd25519RefusesPointsOfSmallOrder(t *testing.T) {
	for _, text := range smallOrder {
		point := unhex(t, text)
		// With a key of small order, the signature R = point, S = 0 is valid for some data under the equation of RFC 8032.
		k := &Key{Type: Public, Algorithm: "Ed25519", Material: point}
		for i := range 16 {
			if valid, _ := VerifySignature(&Algorithm{}, k, append(bytes.Clone(point), make([]byte, 32)...), []byte{byte(i)}); valid {
				t.Errorf("no signature is valid for the key %x", point)
			}
		}
	}
}

func TestHashState(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 50)
	digests := map[string][]byte{}
	for name, hash := range hashes {
		digests[name] = sum(hash, data)
	}
	md5sum := md5.Sum(data)
	digests["MD5"] = md5sum[:]
	for name, want := range digests {
		state, err := NewHashState(name)
		if err != nil {
			t.Fatal(err)
		}
		for part := data; len(part) > 0; part = part[min(7, len(part)):] {
			stored, err := state.Store()
			if err != nil {
				t.Fatal(err)
			}
			if state, err = LoadHashState(name, stored); err != nil {
				t.Fatal(err)
			}
			state.Write(part[:min(7, len(part))])
		}
		if got := state.Sum(); !bytes.Equal(got, want) {
			t.Errorf("the %s digest of parts is %x; got %x", name, want, got)
		}
	}
	_, err := NewHashState("MD4")
	wantError(t, err, "NotSupportedError", "MD4")
	_, err = LoadHashState("MD5", []byte("x"))
	wantError(t, err, "OperationError", "restored")
}
