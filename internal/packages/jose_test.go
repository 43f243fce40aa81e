package packages_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const joseSecret = "a secret that is long enough for 256 bits"

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token signs a JSON Web Token.
func token(header, payload string, sign func(data []byte) []byte) string {
	data := encode([]byte(header)) + "." + encode([]byte(payload))
	return data + "." + encode(sign([]byte(data)))
}

func signHMAC(header, payload, secret string) string {
	return token(header, payload, func(data []byte) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(data)
		return mac.Sum(nil)
	})
}

func pemOf(t *testing.T, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestJoseVerify(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signRSA := func(data []byte) []byte {
		sum := sha256.Sum256(data)
		signature, _ := rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, sum[:])
		return signature
	}
	signEC := func(data []byte) []byte {
		sum := sha256.Sum256(data)
		r, s, _ := ecdsa.Sign(rand.Reader, ecKey, sum[:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	point, err := ecKey.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	jwks := fmt.Sprintf(`{"keys":[{"kid":"r","kty":"RSA","alg":"RS256","use":"sig","n":%q,"e":"AQAB"},{"kid":"e","kty":"EC","crv":"P-256","x":%q,"y":%q}]}`,
		encode(rsaKey.N.Bytes()), encode(point[1:33]), encode(point[33:]))
	a := serve(t, "jose.js", map[string]any{"JWKS": jwks, "RS256": pemOf(t, &rsaKey.PublicKey), "ES256": pemOf(t, &ecKey.PublicKey)})
	const payload = `{"sub":"ann"}`
	for name, good := range map[string]string{
		"HS256":            signHMAC(`{"alg":"HS256"}`, payload, joseSecret),
		"RS256":            token(`{"alg":"RS256"}`, payload, signRSA),
		"ES256":            token(`{"alg":"ES256"}`, payload, signEC),
		"RS256 by its kid": token(`{"alg":"RS256","kid":"r"}`, payload, signRSA),
		"ES256 by its kid": token(`{"alg":"ES256","kid":"e"}`, payload, signEC),
	} {
		conn := dial(t, a.url+"/", "chat", good)
		conn.want("welcome ann")
		parts := strings.Split(good, ".")
		for what, bad := range map[string]string{
			"another payload":   parts[0] + "." + encode([]byte(`{"sub":"eve"}`)) + "." + parts[2],
			"another signature": parts[0] + "." + parts[1] + "." + encode(make([]byte, base64.RawURLEncoding.DecodedLen(len(parts[2])))),
		} {
			if status, body := refused(t, a.url+"/", "chat", bad); status != 401 || body != "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" {
				t.Errorf("the response to %s with %s is %d %q, expected 401", name, what, status, body)
			}
		}
	}
}

func TestJoseSign(t *testing.T) {
	a := serve(t, "jose.js", nil)
	_, signed, _ := a.do(http.MethodGet, "/", nil)
	dial(t, a.url+"/", "chat", signed).want("welcome ann")
}
