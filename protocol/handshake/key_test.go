package handshake

import "testing"

func TestAcceptAnswersTheSampleOfTheRFC(t *testing.T) {
	if got, want := Accept(goodKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("RFC 6455, section 1.3 answers its sample key with %s; Accept gives %s", want, got)
	}
}

func TestNewKeyIsAcceptedByAServer(t *testing.T) {
	key := NewKey([16]byte{1, 2, 3})
	if !isKey(key) {
		t.Errorf("a server must accept the key a client makes; it refuses %q", key)
	}
	if got := NewKey([16]byte([]byte("the sample nonce"))); got != goodKey {
		t.Errorf("the sample nonce of RFC 6455, section 1.3 becomes %s; got %s", goodKey, got)
	}
}

func TestAcceptAllocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Accept(goodKey) }); n > 3 {
		t.Errorf("answering a key may allocate 3 times; it did %v times", n)
	}
}
