package ident

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
)

func TestNew(t *testing.T) {
	const goroutines, each = 4, 500 // more than the random bytes that are read at once
	ids := make(chan string, goroutines*each)
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range each {
				ids <- New("node7")
			}
		})
	}
	all.Wait()
	close(ids)
	seen := map[string]bool{}
	for id := range ids {
		node, random, _ := strings.Cut(id, ".")
		if b, err := base64.RawURLEncoding.DecodeString(random); node != "node7" || err != nil || len(b) != 16 {
			t.Fatalf("an id is the node, a dot and 16 bytes in base64url; got %q", id)
		}
		if seen[id] {
			t.Fatalf("an id is unique; %q came twice", id)
		}
		seen[id] = true
	}
}

func TestNewForgetsTheBytesOfAnID(t *testing.T) {
	var s store
	_ = s.next()
	if used := s.bytes[s.unused:]; len(used) != 16 || [16]byte(used) != [16]byte{} {
		t.Errorf("the bytes of an id are cleared; got % x", used)
	}
}

func TestIsNode(t *testing.T) {
	for name, want := range map[string]bool{
		"n": true, "Node7": true, NewNode(): true, strings.Repeat("n", 32): true,
		"": false, "a.b": false, "a/b": false, "a b": false, "é": false, strings.Repeat("n", 33): false,
	} {
		if got := IsNode(name); got != want {
			t.Errorf("%q is a name: %t; got %t", name, want, got)
		}
	}
	if one, two := NewNode(), NewNode(); one == two {
		t.Errorf("two random names differ; both are %s", one)
	}
}
