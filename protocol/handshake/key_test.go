package handshake

import "testing"

func TestAccept(t *testing.T) {
	if got, want := Accept(sampleKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("Accept of the sample key of RFC 6455, section 1.3, is %s, expected %s", got, want)
	}
}

func TestNewKey(t *testing.T) {
	key := NewKey([16]byte{1, 2, 3})
	if !isKey(key) {
		t.Errorf("NewKey returns %q, which isKey refuses", key)
	}
	if got := NewKey([16]byte([]byte("the sample nonce"))); got != sampleKey {
		t.Errorf("NewKey of the sample nonce of RFC 6455, section 1.3, is %s, expected %s", got, sampleKey)
	}
}

func TestAcceptAllocs(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Accept(sampleKey) }); n > 3 {
		t.Errorf("Accept allocates %v times, expected at most 3", n)
	}
}
