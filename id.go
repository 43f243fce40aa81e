package linger

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// newID returns an id that is URL-safe, cannot be guessed (128 random bits) and
// names its node before the dot.
func newID(node string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return node + "." + base64.RawURLEncoding.EncodeToString(b[:])
}

func newNode() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// validNode tells whether a name can stand in an id, also as part of a URL, of a
// file name and of a broker's subject.
func validNode(node string) bool {
	for _, r := range node {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') {
			return false
		}
	}
	return node != "" && len(node) <= maxNode
}

const maxNode = 32
