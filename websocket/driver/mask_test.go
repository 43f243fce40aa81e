package driver

import "testing"

func TestMaskKeysDiffer(t *testing.T) {
	seen := map[[4]byte]bool{}
	for range 100 {
		seen[newMaskKey()] = true
	}
	if len(seen) < 99 {
		t.Errorf("masking keys must not be predictable (RFC 6455, section 5.3); 100 keys had %d values", len(seen))
	}
}
