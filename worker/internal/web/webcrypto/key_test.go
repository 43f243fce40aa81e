package webcrypto

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// wantError checks the name of an error, and words of its message.
func wantError(t *testing.T, err error, name, words string) {
	t.Helper()
	if e, ok := errors.AsType[*Error](err); !ok || e.Name != name || !strings.Contains(e.Message, words) {
		t.Errorf("the error is a %s with %q; got %v", name, words, err)
	}
}

// allKeys are algorithms with usages of their keys. RSA has the shortest modulus, so that the tests are fast.
var allKeys = []struct {
	algorithm Algorithm
	usages    Usages
}{
	{Algorithm{Name: "AES-GCM", Length: 256}, Encrypt | Decrypt},
	{Algorithm{Name: "AES-KW", Length: 128}, WrapKey | UnwrapKey},
	{Algorithm{Name: "HMAC", Hash: "SHA-384", Length: -1}, Sign | Verify},
	{Algorithm{Name: "RSASSA-PKCS1-v1_5", Hash: "SHA-256", Modulus: 1024, Exponent: []byte{1, 0, 1}}, Sign | Verify},
	{Algorithm{Name: "RSA-PSS", Hash: "SHA-1", Modulus: 1024, Exponent: []byte{0, 1, 0, 1}}, Sign | Verify},
	{Algorithm{Name: "RSA-OAEP", Hash: "SHA-1", Modulus: 1024, Exponent: []byte{1, 0, 1}}, Encrypt | Decrypt},
	{Algorithm{Name: "ECDSA", Curve: "P-256"}, Sign | Verify},
	{Algorithm{Name: "ECDSA", Curve: "P-521"}, Sign | Verify},
	{Algorithm{Name: "ECDH", Curve: "P-384"}, DeriveKey | DeriveBits},
	{Algorithm{Name: "Ed25519"}, Sign | Verify},
	{Algorithm{Name: "X25519"}, DeriveKey | DeriveBits},
}

func generate(t testing.TB, a *Algorithm, u Usages) []*Key {
	t.Helper()
	keys, err := Generate(a, u)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return keys
}

func TestExportedKeysCanBeImported(t *testing.T) {
	for _, c := range allKeys {
		for _, k := range generate(t, &c.algorithm, c.usages) {
			formats := map[Type][]string{Secret: {"raw", "jwk"}, Public: {"spki", "jwk"}, Private: {"pkcs8", "jwk"}}[k.Type]
			if k.Type == Public && k.Length == 0 {
				formats = append(formats, "raw")
			}
			for _, format := range formats {
				t.Run(fmt.Sprintf("%s %s %s %s", k.Algorithm, k.Curve, k.Type, format), func(t *testing.T) {
					data, err := Export(format, k)
					if err != nil {
						t.Fatal(err)
					}
					a := c.algorithm
					a.Length = -1
					again, err := Import(format, data, &a, true, k.Usages)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(again.Material, k.Material) || again.Type != k.Type || again.Length != k.Length || !bytes.Equal(again.Exponent, k.Exponent) {
						t.Errorf("the imported key is the exported one %+v; got %+v", k, again)
					}
					for _, wrong := range []string{"raw", "spki", "pkcs8"} {
						if wrong == format || wrong == "raw" && k.Length == 0 && k.Type == Public {
							continue
						}
						if k, err := Import(wrong, data, &a, true, k.Usages); err == nil {
							t.Errorf("the key is not valid in the format %s; got %+v", wrong, k)
						}
					}
				})
			}
		}
	}
}

func TestKeysAreForTheirAlgorithmAndTypeOnly(t *testing.T) {
	for _, c := range allKeys {
		keys := generate(t, &c.algorithm, c.usages)
		if len(keys) == 1 {
			continue
		}
		public, private := keys[0], keys[1]
		if c.usages == Sign|Verify {
			_, err := SignData(&Algorithm{Hash: "SHA-256"}, public, nil)
			wantError(t, err, "InvalidAccessError", "sign needs a private key")
			_, err = VerifySignature(&Algorithm{Hash: "SHA-256"}, private, nil, nil)
			wantError(t, err, "InvalidAccessError", "verify needs a public key")
			_, err = EncryptData(&Algorithm{}, public, nil)
			wantError(t, err, "NotSupportedError", c.algorithm.Name)
		}
		for format, k := range map[string]*Key{"spki": private, "pkcs8": public} {
			_, err := Export(format, k)
			wantError(t, err, "InvalidAccessError", "cannot be exported")
		}
	}
}

func TestSignaturesAreVerified(t *testing.T) {
	for _, c := range allKeys {
		if c.usages != Sign|Verify {
			continue
		}
		keys := generate(t, &c.algorithm, c.usages)
		for _, salt := range []int{0, 20} {
			a := Algorithm{Name: c.algorithm.Name, Hash: "SHA-256", SaltLength: salt}
			signature, err := SignData(&a, keys[len(keys)-1], []byte("signed"))
			if err != nil {
				t.Fatalf("%s: %v", a.Name, err)
			}
			for data, want := range map[string]bool{"signed": true, "other": false} {
				if valid, err := VerifySignature(&a, keys[0], signature, []byte(data)); valid != want || err != nil {
					t.Errorf("%s: the signature of %q is valid: %t; got %t, %v", a.Name, data, want, valid, err)
				}
			}
			for _, change := range []int{0, len(signature) / 2, len(signature) - 1} {
				wrong := bytes.Clone(signature)
				wrong[change] ^= 1
				if valid, _ := VerifySignature(&a, keys[0], wrong, []byte("signed")); valid {
					t.Errorf("%s: a changed signature is not valid", a.Name)
				}
			}
			if valid, _ := VerifySignature(&a, keys[0], signature[1:], []byte("signed")); valid {
				t.Errorf("%s: a shortened signature is not valid", a.Name)
			}
		}
	}
}

func TestUsagesAreChecked(t *testing.T) {
	for _, c := range allKeys {
		_, err := Generate(&c.algorithm, 0)
		wantError(t, err, "SyntaxError", "at least one usage")
		_, err = Generate(&c.algorithm, c.usages|(Encrypt|Sign)&^c.usages)
		wantError(t, err, "SyntaxError", "must be among")
	}
	_, err := Import("raw", KeyData{Bytes: make([]byte, 32)}, &Algorithm{Name: "X25519"}, true, DeriveBits)
	wantError(t, err, "SyntaxError", "has no usages")
	_, err = Import("raw", KeyData{Bytes: []byte("password")}, &Algorithm{Name: "PBKDF2"}, true, DeriveBits)
	wantError(t, err, "SyntaxError", "extractable")
	if got := (Sign | Encrypt | UnwrapKey).String(); got != "encrypt, sign, unwrapKey" {
		t.Errorf("usages have an order; got %s", got)
	}
}

func TestImportJWKChecksItsMembers(t *testing.T) {
	no := false
	valid := func() *JWK {
		return &JWK{Members: map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
			"x": "0hCwpvnZ8BKGgFi0P6T0cQGFQ7ugDJJQ35JXwqyuXdE", "y": "zgN1UtSBRQzjm00QlXAbF1v6s0uObAmeGPHBmDWDYeg",
			"d": "E9M6LVq_nPnrsh_4YNSu_m5W53eQ9N7ptAiE69M1ROo"}, KeyOps: []string{"sign"}}
	}
	a := &Algorithm{Name: "ECDSA", Curve: "P-256"}
	if _, err := Import("jwk", KeyData{JWK: valid()}, a, true, Sign); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*JWK)
		words  string
	}{
		"kty":          {func(j *JWK) { j.Members["kty"] = "OKP" }, "kty"},
		"crv":          {func(j *JWK) { j.Members["crv"] = "P-384" }, "crv"},
		"alg":          {func(j *JWK) { j.Members["alg"] = "ES384" }, "alg"},
		"use":          {func(j *JWK) { j.Members["use"] = "enc" }, "use"},
		"ext":          {func(j *JWK) { j.Ext = &no }, "ext"},
		"key_ops":      {func(j *JWK) { j.KeyOps = []string{"verify"} }, "does not contain sign"},
		"key_ops, 2":   {func(j *JWK) { j.KeyOps = []string{"sign", "sign"} }, "twice"},
		"no y":         {func(j *JWK) { delete(j.Members, "y") }, "no member y"},
		"short x":      {func(j *JWK) { j.Members["x"] = "AQ" }, "32 bytes"},
		"padding":      {func(j *JWK) { j.Members["x"] += "=" }, "base64url"},
		"a line end":   {func(j *JWK) { j.Members["x"] += "\n" }, "base64url"},
		"another pair": {func(j *JWK) { j.Members["d"] = "A" + j.Members["d"][1:] }, "does not match"},
		"no point":     {func(j *JWK) { j.Members["x"] = "A" + j.Members["x"][1:] }, "not a point"},
		"d is 0":       {func(j *JWK) { j.Members["d"] = strings.Repeat("A", 43) }, "not a private key"},
	} {
		t.Run(name, func(t *testing.T) {
			j := valid()
			c.change(j)
			_, err := Import("jwk", KeyData{JWK: j}, a, true, Sign)
			wantError(t, err, "DataError", c.words)
		})
	}
}

func TestImportJWKOfRSAChecksItsNumbers(t *testing.T) {
	a := &Algorithm{Name: "RSA-PSS", Hash: "SHA-256", Modulus: 1024, Exponent: []byte{1, 0, 1}}
	keys := generate(t, a, Sign)
	for _, member := range []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		data, err := Export("jwk", keys[1])
		if err != nil {
			t.Fatal(err)
		}
		data.JWK.Members[member] = "AQ" + data.JWK.Members[member]
		_, err = Import("jwk", data, a, true, Sign)
		wantError(t, err, "DataError", "")
		delete(data.JWK.Members, member)
		want := "no member " + member
		if member == "d" {
			want = "" // it is a public key then
			_, err = Import("jwk", data, a, true, Sign)
			wantError(t, err, "SyntaxError", want)
			continue
		}
		_, err = Import("jwk", data, a, true, Sign)
		wantError(t, err, "DataError", want)
	}
	_, err := Import("jwk", KeyData{JWK: &JWK{Members: map[string]string{"kty": "RSA", "n": "AQ", "e": "AQAB"}, OtherPrimes: true}}, a, true, 0)
	wantError(t, err, "NotSupportedError", "two primes")
}

func TestIsSlow(t *testing.T) {
	rsa := &Key{Type: Private, Algorithm: "RSA-PSS", Length: 2048}
	for _, c := range []struct {
		operation string
		a         *Algorithm
		k         *Key
		size      int
		want      bool
	}{
		{"digest", nil, nil, 1000, false},
		{"digest", nil, nil, 1 << 21, true},
		{"sign", &Algorithm{}, rsa, 10, true},
		{"verify", &Algorithm{}, &Key{Type: Public, Length: 2048}, 10, false},
		{"sign", &Algorithm{}, &Key{Type: Secret, Algorithm: "HMAC", Length: 512}, 10, false},
		{"sign", &Algorithm{}, &Key{Type: Private, Curve: "P-256"}, 10, false},
		{"verify", &Algorithm{}, &Key{Type: Public, Curve: "P-521"}, 10, true},
		{"generateKey", &Algorithm{Modulus: 2048}, nil, 0, true},
		{"generateKey", &Algorithm{Curve: "P-256"}, nil, 0, false},
		{"importKey", nil, nil, 1300, false},
		{"importKey", nil, nil, 2400, true},
		{"exportKey", nil, rsa, 0, false},
		{"deriveBits", &Algorithm{Iterations: 1000}, &Key{}, 32, false},
		{"deriveBits", &Algorithm{Iterations: 1000}, &Key{}, 320, true},
		{"deriveBits", &Algorithm{Iterations: 600000}, &Key{}, 32, true},
	} {
		if got := IsSlow(c.operation, c.a, c.k, c.size); got != c.want {
			t.Errorf("%s of %d bytes with %+v and %+v is slow: %t; got %t", c.operation, c.size, c.a, c.k, c.want, got)
		}
	}
}

func TestParseJWK(t *testing.T) {
	j, err := ParseJWK([]byte(`{"kty":"oct","k":"a2V5","key_ops":["sign"],"ext":false,"kid":5,"oth":[]}`))
	if err != nil || j.Members["k"] != "a2V5" || j.KeyOps[0] != "sign" || j.Ext == nil || *j.Ext || !j.OtherPrimes || len(j.Members) != 2 {
		t.Errorf("the members of a JWK are parsed, others are ignored; got %+v, %v", j, err)
	}
	for _, text := range []string{"", "[]", "null", `"x"`, `{"k":1}`, `{"ext":"true"}`, `{"key_ops":"sign"}`, "\xff"} {
		_, err := ParseJWK([]byte(text))
		wantError(t, err, "DataError", "")
	}
}

func TestGenerateRSAIsBounded(t *testing.T) {
	for words, a := range map[string]Algorithm{
		"1024 to 4096": {Modulus: 8192, Exponent: []byte{1, 0, 1}},
		"got 512":      {Modulus: 512, Exponent: []byte{1, 0, 1}},
		"65537":        {Modulus: 2048, Exponent: []byte{3}},
	} {
		a.Name, a.Hash = "RSA-PSS", "SHA-256"
		_, err := Generate(&a, Sign)
		wantError(t, err, "OperationError", words)
	}
}

// FuzzImport imports keys in all formats that are bytes. What can be imported can be exported, and imported again.
func FuzzImport(f *testing.F) {
	formats := []string{"raw", "spki", "pkcs8"}
	for i, c := range allKeys {
		for _, k := range generate(f, &c.algorithm, c.usages) {
			for j, format := range formats {
				if data, err := Export(format, k); err == nil {
					f.Add(i, j, data.Bytes)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, number, form int, data []byte) {
		if number < 0 || number >= len(allKeys) || form < 0 || form >= len(formats) {
			return
		}
		a, format := allKeys[number].algorithm, formats[form]
		a.Length = -1
		public, private := allKeys[number].usages&(Encrypt|Verify|WrapKey), allKeys[number].usages&(Decrypt|Sign|UnwrapKey|DeriveBits)
		for _, u := range []Usages{public, private} {
			k, err := Import(format, KeyData{Bytes: data}, &a, true, u)
			if err != nil {
				if _, ok := errors.AsType[*Error](err); !ok {
					t.Fatalf("every error has a name; got %v", err)
				}
				continue
			}
			exported, err := Export("jwk", k)
			if err != nil {
				t.Fatalf("%s %s: a key that was imported can be exported; got %v", a.Name, format, err)
			}
			again, err := Import("jwk", exported, &a, true, u)
			if err != nil || !bytes.Equal(again.Material, k.Material) {
				t.Fatalf("%s %s: the JWK of a key is the key; got %v, %v", a.Name, format, again, err)
			}
		}
	})
}

// FuzzImportJWK imports JWKs with any numbers.
func FuzzImportJWK(f *testing.F) {
	f.Add("RSA-PSS", "AQAB", "AQAB", "AQAB", "AQAB")
	f.Add("ECDSA", "0hCwpvnZ8BKGgFi0P6T0cQGFQ7ugDJJQ35JXwqyuXdE", "zgN1UtSBRQzjm00QlXAbF1v6s0uObAmeGPHBmDWDYeg", "E9M6LVq_nPnrsh_4YNSu_m5W53eQ9N7ptAiE69M1ROo", "")
	f.Add("Ed25519", "2OGJY9gJ1IfZVJrMrsZ0Ln7rok2KDTsUt-PK6gaJPcw", "", "88j0xI34eBRujNO_bfTlDjibpwdOFcI1Lc1dMI1MqB8", "")
	f.Add("HMAC", "", "", "", "a2V5")
	f.Fuzz(func(t *testing.T, name, first, second, private, other string) {
		kty := map[string]string{"RSA-PSS": "RSA", "ECDSA": "EC", "Ed25519": "OKP", "HMAC": "oct"}[name]
		a := &Algorithm{Name: name, Hash: "SHA-256", Curve: "P-256", Length: -1}
		crv := "P-256"
		if name == "Ed25519" {
			crv = name
		}
		j := &JWK{Members: map[string]string{
			"kty": kty, "crv": crv, "x": first, "y": second, "d": private, "k": other,
			"n": first, "e": second, "p": other, "q": other, "dp": private, "dq": private, "qi": private,
		}}
		k, err := Import("jwk", KeyData{JWK: j}, a, true, Sign)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("every error has a name; got %v", err)
			}
			return
		}
		if _, err := SignData(&Algorithm{Hash: "SHA-1", SaltLength: 1}, k, []byte("signed")); err != nil {
			t.Fatalf("a key that was imported can sign; got %v", err)
		}
	})
}
