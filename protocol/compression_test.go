package protocol

import (
	"bytes"
	"errors"
)

// fakeCompression replaces RFC 7692 in conversations, to make them readable. The
// compressed form of a message has a "z" before it, and "z1000*x" inflates to a thousand
// "x". Messages of fewer than three bytes are not compressed.
type fakeCompression struct{}

func (fakeCompression) Compress(dst, piece []byte, first, last bool) ([]byte, bool) {
	if first && last && len(piece) < 3 {
		return dst, false
	}
	if first {
		dst = append(dst, 'z')
	}
	return append(dst, piece...), true
}

func (fakeCompression) TakesPrepared(size int) bool { return size > 4 }
func (fakeCompression) Sent([]byte)                 {}

func (fakeCompression) AppendState(b []byte) []byte { return append(b, "fake"...) }

func (fakeCompression) Restore(state []byte) error {
	if string(state) != "fake" {
		return errors.New("the state is not that of a fake")
	}
	return nil
}

func (fakeCompression) Inflate(message []byte, limit int64) ([]byte, error) {
	plain, ok := bytes.CutPrefix(message, []byte("z"))
	if !ok {
		return nil, errors.New("no z")
	}
	if many, ok := bytes.CutPrefix(plain, []byte("1000*")); ok {
		plain = bytes.Repeat(many, 1000)
	}
	if int64(len(plain)) > limit {
		return nil, ErrInflateTooBig
	}
	return bytes.Clone(plain), nil
}
