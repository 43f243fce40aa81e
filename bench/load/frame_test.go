package load

import (
	"bytes"
	"testing"

	"github.com/lingerws/linger/protocol"
)

func TestFromClientFromServer(t *testing.T) {
	for _, size := range []int{0, 64, 125, 126, 16 << 10, 1 << 16} {
		data := payload(size)
		if len(data) != size {
			t.Fatalf("a payload of %d bytes has %d", size, len(data))
		}
		for _, masked := range []bool{true, false} {
			frame := fromServer(text, data)
			if masked {
				frame = fromClient(text, data)
			}
			h, n, wrong := protocol.ParseHeader(frame)
			if wrong != nil || h.Length != int64(size) || h.Masked != masked {
				t.Fatalf("ParseHeader of a frame with a payload of %d bytes, masked %v: %+v, %v", size, masked, h, wrong)
			}
			if masked {
				protocol.Mask(h.Key, 0, frame[n:])
			}
			if !bytes.Equal(frame[n:], data) {
				t.Errorf("a payload of %d bytes, masked %v, differs after decoding", size, masked)
			}
		}
	}
}

func TestFrameSize(t *testing.T) {
	for _, size := range []int{0, 125, 126, 1<<16 - 1, 1 << 16} {
		frame := fromServer(text, payload(size))
		if got := frameSize(frame); got != len(frame) {
			t.Errorf("frameSize = %d, expected %d", got, len(frame))
		}
		if got := frameSize(frame[:1]); got != 0 {
			t.Errorf("frameSize of the first byte alone = %d, expected 0 for unknown", got)
		}
	}
}
