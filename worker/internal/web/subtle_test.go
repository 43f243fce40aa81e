package web_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

const verifyScript = `
	var from64 = (text) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
	var outcome;
	var verify = async (format, key, algorithm, signature) => {
		outcome = undefined;
		try {
			const imported = await crypto.subtle.importKey(format, key, algorithm, true, ["verify"]);
			const { publicExponent, ...known } = imported.algorithm;
			const wrong = from64(signature);
			wrong[wrong.length - 1] ^= 1;
			const results = [];
			for (const [bytes, data] of [[from64(signature), "signed"], [from64(signature), "other"], [wrong, "signed"], [new Uint8Array(3), "signed"]]) {
				results.push(await crypto.subtle.verify(algorithm, imported, bytes, new TextEncoder().encode(data)));
			}
			outcome = imported.type + " " + JSON.stringify(known) + " " + results;
		} catch (error) {
			outcome = String(error);
		}
	};
	undefined`

// verified imports a key in a format, verifies a signature of "signed" with valid and invalid arguments, and returns a
// description of the key and the results.
func verified(t *testing.T, format, key, algorithm string, signature []byte) string {
	t.Helper()
	p := newPage(t)
	p.eval(t, verifyScript)
	p.eval(t, fmt.Sprintf("verify(%q, %s, %s, %q); undefined", format, key, algorithm, base64url(signature)))
	result := p.eval(t, "outcome")
	if result.Kind() == engine.KindUndefined {
		t.Fatal("the verification has not completed")
	}
	return result.String()
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func spkiOf(t *testing.T, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("from64(%q)", base64url(der))
}

func TestSubtleVerifiesRSA(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512} {
		h := hash.New()
		h.Write([]byte("signed"))
		signature, err := rsa.SignPKCS1v15(rand.Reader, private, hash, h.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		algorithm := fmt.Sprintf(`{ name: "RSASSA-PKCS1-v1_5", hash: %q }`, name)
		want := fmt.Sprintf(`public {"name":"RSASSA-PKCS1-v1_5","modulusLength":2048,"hash":{"name":%q}} true,false,false,false`, name)
		jwk := fmt.Sprintf(`{ kty: "RSA", n: %q, e: "AQAB" }`, base64url(private.N.Bytes()))
		for format, key := range map[string]string{"spki": spkiOf(t, &private.PublicKey), "jwk": jwk} {
			if got := verified(t, format, key, algorithm, signature); got != want {
				t.Errorf("%s with a key in %s: want %s, got %s", name, format, want, got)
			}
		}
	}
}

func TestSubtleVerifiesECDSA(t *testing.T) {
	for curve, hash := range map[elliptic.Curve]crypto.Hash{elliptic.P256(): crypto.SHA256, elliptic.P384(): crypto.SHA384, elliptic.P521(): crypto.SHA512} {
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h := hash.New()
		h.Write([]byte("signed"))
		r, s, err := ecdsa.Sign(rand.Reader, private, h.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		size := (curve.Params().BitSize + 7) / 8
		fill := func(n *big.Int) []byte { return n.FillBytes(make([]byte, size)) }
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		name := curve.Params().Name
		algorithm := fmt.Sprintf(`{ name: "ECDSA", namedCurve: %q, hash: "SHA-%d" }`, name, 8*hash.Size())
		want := fmt.Sprintf(`public {"name":"ECDSA","namedCurve":%q} true,false,false,false`, name)
		jwk := fmt.Sprintf(`{ kty: "EC", crv: %q, x: %q, y: %q }`, name, base64url(point[1:1+size]), base64url(point[1+size:]))
		for format, key := range map[string]string{"spki": spkiOf(t, &private.PublicKey), "jwk": jwk} {
			if got := verified(t, format, key, algorithm, append(fill(r), fill(s)...)); got != want {
				t.Errorf("%s with a key in %s: want %s, got %s", name, format, want, got)
			}
		}
	}
}

func TestSubtleRefusesKeysOfOtherAlgorithms(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, want := range map[string]string{
		`{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }`:          "DataError: the key is not an RSA key",
		`{ name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }`: "DataError: the key is not a key on P-256",
		`"Ed25519"`: "DataError: the key is not a key of Ed25519",
	} {
		if got := verified(t, "spki", spkiOf(t, &private.PublicKey), algorithm, nil); got != want {
			t.Errorf("a key on P-384 must be refused for %s with %q, got %q", algorithm, want, got)
		}
	}
}
