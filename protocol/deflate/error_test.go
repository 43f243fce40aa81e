package deflate

import (
	"errors"
	"io"
	"testing"
)

func TestInflateErrorCause(t *testing.T) {
	last := append([]byte{0x01}, storedBlock[1:7]...)
	_, err := NewInflater(Window{}).Inflate(nil, last, 100)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error of a truncated message is %v, expected it to wrap io.ErrUnexpectedEOF", err)
	}
}
