// Package ident makes the ids of connections.
package ident

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"sync"
)

// New returns an id: the name of the node, a dot, and 128 random bits in characters that a URL may contain.
func New(node string) string {
	b := randomBytes.next()
	id := make([]byte, 0, maxNode+1+24) // on the stack
	id = append(append(id, node...), '.')
	return string(base64.RawURLEncoding.AppendEncode(id, b[:]))
}

// randomBytes holds random bytes for the next ids. Reading many from the system costs little more than reading a few.
var randomBytes store

type store struct {
	mu     sync.Mutex
	bytes  [1024]byte
	unused int // the first unused bytes have not been returned
}

// next returns random bytes that no other call returns.
func (s *store) next() (b [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unused == 0 {
		_, _ = rand.Read(s.bytes[:]) // never fails
		s.unused = len(s.bytes)
	}
	s.unused -= len(b)
	returned := s.bytes[s.unused:][:len(b)]
	copy(b[:], returned)
	clear(returned) // so that ids cannot be found in the memory of the process
	return b
}

// NewNode returns a random name for a node.
func NewNode() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// IsNode reports whether a name can stand in an id. An id may be part of a URL, a file name or a subject of a message
// broker, so a name consists of 1 to 32 ASCII letters and digits.
func IsNode(name string) bool {
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && len(name) <= maxNode
}

const maxNode = 32
