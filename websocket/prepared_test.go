package websocket

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/protocol"
)

func TestConnWritePrepared(t *testing.T) {
	text := []byte("to all")
	prepared, err := Prepare(Text, text)
	if err != nil {
		t.Fatal(err)
	}
	copy(text, "?????")
	for range 2 {
		eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
			for range 2 {
				if err := near.WritePrepared(t.Context(), prepared); err != nil {
					t.Fatal(err)
				}
				wantRead(t, far, "to all")
			}
		})
	}
}

func TestPrepareMisuse(t *testing.T) {
	if _, err := Prepare(Text, []byte{0xFF}); !errors.Is(err, protocol.ErrText) {
		t.Errorf("text must be UTF-8; got %v", err)
	}
	if _, err := Prepare(protocol.Ping, nil); !errors.Is(err, protocol.ErrOpcode) {
		t.Errorf("a control frame cannot be prepared; got %v", err)
	}
}
