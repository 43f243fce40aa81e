package linger

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"sync"
)

// newID returns an id that is URL-safe, cannot be guessed (128 random bits) and
// names its node before the dot.
func newID(node string) string {
	b := randomness.take()
	return node + "." + base64.RawURLEncoding.EncodeToString(b[:])
}

// randomness is a store of random bytes: the system is asked for many at once, which
// costs it as much as a few.
var randomness store

type store struct {
	mu    sync.Mutex
	bytes [1024]byte
	left  int
}

// take returns bytes that nobody else gets.
func (s *store) take() (b [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		_, _ = rand.Read(s.bytes[:]) // never fails
		s.left = len(s.bytes)
	}
	s.left -= len(b)
	next := s.bytes[s.left:][:len(b)]
	copy(b[:], next)
	clear(next) // who reads our memory learns no id from it
	return b
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
