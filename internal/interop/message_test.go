package interop_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// sizes are the lengths at which the form of the length field changes (RFC 6455, section 5.2), and our default limit.
var sizes = []int{0, 1, 125, 126, 65535, 65536, 1 << 20}

func TestMessages(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{})
		for _, size := range sizes {
			for _, sent := range []message{textOf(size), binaryOf(size)} {
				m.send(t, sent)
				wantMessage(t, m.receive(t), sent)
			}
		}
	})
}

// textOf returns a text message of size bytes, most of which are not ASCII.
func textOf(size int) message {
	text := strings.Repeat("äß€𝄞", size/11+1)[:size]
	valid := strings.ToValidUTF8(text, "")
	return message{data: []byte(valid + strings.Repeat(".", size-len(valid)))}
}

func binaryOf(size int) message {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 7)
	}
	return message{binary: true, data: data}
}

func wantMessage(t *testing.T, got, want message) {
	t.Helper()
	if got.binary != want.binary || !bytes.Equal(got.data, want.data) {
		t.Errorf("the message is %v, expected %v", got, want)
	}
}

func (m message) String() string {
	kind := "text"
	if m.binary {
		kind = "binary"
	}
	return fmt.Sprintf("%s of %d bytes, %.40q", kind, len(m.data), m.data)
}
