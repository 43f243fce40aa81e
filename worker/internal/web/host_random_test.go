package web

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestRandomReturnsRequestedBytes(t *testing.T) {
	for _, n := range []int{0, 1, 32, randomQuota} {
		if data := call(t, random, engine.Int(n)).Bytes(); len(data) != n {
			t.Errorf("random(%d) must return %d bytes, got %d", n, n, len(data))
		}
	}
	first, second := call(t, random, engine.Int(32)).Bytes(), call(t, random, engine.Int(32)).Bytes()
	if bytes.Equal(first, second) || bytes.Equal(first, make([]byte, 32)) {
		t.Errorf("random bytes must differ from call to call, got %x and %x", first, second)
	}
}

func TestRandomRefusesMoreThanQuota(t *testing.T) {
	for _, n := range []int{-1, randomQuota + 1, 1 << 40} {
		_, err := random([]engine.Value{engine.Int(n)})
		var throw *engine.Throw
		if !errors.As(err, &throw) || throw.Name != "RangeError" {
			t.Errorf("random(%d) must fail with a RangeError, got %v", n, err)
		}
	}
}

func TestRandomUUIDHasVersionAndVariant(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 100 {
		id := call(t, randomUUID).String()
		if !form.MatchString(id) {
			t.Errorf("%s is not a UUID of version 4", id)
		}
		if seen[id] {
			t.Errorf("the UUID %s was returned twice", id)
		}
		seen[id] = true
	}
}
