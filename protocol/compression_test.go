package protocol

import (
	"bytes"
	"errors"
)

// fakeCompression stands for RFC 7692 in conversations, so that they can be read:
// a compressed message is a "z" before it; "z1000*x" inflates to a thousand times
// "x". Messages of less than three bytes are not compressed.
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
