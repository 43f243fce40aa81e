package worker

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/lingerws/linger/worker/internal/script"
)

// An ID has 32 bytes: the first half is random or derived from a name, and the second half authenticates the first one for the class, so
// that an ID of another class is refused.
const (
	idSize = 32
	halfID = idSize / 2
)

// objectID returns the ID of an object of the class with a key.
func objectID(class string, kind script.IDKind, text string) (string, error) {
	key := sha256.Sum256([]byte("linger object\x00" + class))
	var first []byte
	switch kind {
	case script.NamedID:
		first = sum(key[:], "name\x00"+text)
	case script.UniqueID:
		first = make([]byte, halfID)
		_, _ = rand.Read(first) // never fails
	case script.ParsedID:
		id, err := hex.DecodeString(text)
		if err != nil || len(id) != idSize {
			return "", &script.Throw{Name: "TypeError", Message: "Invalid Durable Object ID: must be 64 hex digits"}
		}
		if subtle.ConstantTimeCompare(id[halfID:], sum(key[:], string(id[:halfID]))) == 0 {
			return "", &script.Throw{Name: "TypeError", Message: "Durable Object ID is not valid for this namespace."}
		}
		return strings.ToLower(text), nil
	}
	return hex.EncodeToString(first) + hex.EncodeToString(sum(key[:], string(first))), nil
}

// sum returns the first half of an HMAC.
func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)[:halfID]
}

// ObjectID implements [script.ObjectCalls].
func (h *hostAPI) ObjectID(class string, kind script.IDKind, text string) (string, error) {
	key, err := h.app.classKey(class)
	if err != nil {
		return "", err
	}
	return objectID(key, kind, text)
}
