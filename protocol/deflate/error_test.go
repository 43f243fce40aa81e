package deflate

import (
	"errors"
	"io"
	"testing"
)

func TestErrorsTellTheirCause(t *testing.T) {
	last := append([]byte{0x01}, storedBlock[1:7]...)
	_, err := NewInflater(Window{}).Inflate(nil, last, 100)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a message that was cut ends in %v, expected io.ErrUnexpectedEOF inside", err)
	}
}
