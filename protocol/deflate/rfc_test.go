package deflate

import (
	"bytes"
	"errors"
	"testing"
)

// The examples of RFC 7692, sections 7.2.3.1 to 7.2.3.6, as payloads.
var (
	oneBlock     = []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}
	sharedWindow = []byte{0xf2, 0x00, 0x11, 0x00, 0x00}
	storedBlock  = []byte{0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}
	lastBlock    = []byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}
	twoBlocks    = []byte{0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}
	emptyBlock   = []byte{0x00}
)

func TestInflateRFCExamples(t *testing.T) {
	for _, c := range []struct {
		name     string
		window   Window
		messages [][]byte
		want     []string
	}{
		{"7.2.3.1: one compressed block", Window{}, [][]byte{oneBlock}, []string{"Hello"}},
		{"7.2.3.2: the window is shared", Window{}, [][]byte{oneBlock, sharedWindow, sharedWindow}, []string{"Hello", "Hello", "Hello"}},
		{"7.2.3.2: the window is not shared", Window{NoContextTakeover: true}, [][]byte{oneBlock, oneBlock}, []string{"Hello", "Hello"}},
		{"7.2.3.3: a stored block", Window{}, [][]byte{storedBlock, sharedWindow}, []string{"Hello", "Hello"}},
		{"7.2.3.4: a last block", Window{}, [][]byte{lastBlock, sharedWindow, lastBlock}, []string{"Hello", "Hello", "Hello"}},
		{"7.2.3.5: two blocks", Window{}, [][]byte{twoBlocks, sharedWindow}, []string{"Hello", "Hello"}},
		{"7.2.3.6: an empty block", Window{}, [][]byte{emptyBlock, oneBlock, emptyBlock, sharedWindow}, []string{"", "Hello", "", "Hello"}},
	} {
		in := NewInflater(c.window)
		for i, m := range c.messages {
			got, err := in.Inflate(nil, m, 100)
			if err != nil || string(got) != c.want[i] {
				t.Errorf("section %s: message %d, % x, inflates to %q with error %v, expected %q", c.name, i+1, m, got, err, c.want[i])
			}
		}
	}
}

func TestInflateSharedWindowWithoutTakeover(t *testing.T) {
	in := NewInflater(Window{NoContextTakeover: true})
	if _, err := in.Inflate(nil, oneBlock, 100); err != nil {
		t.Fatal(err)
	}
	if got, err := in.Inflate(nil, sharedWindow, 100); !errors.Is(err, ErrCorrupt) {
		t.Errorf("without context takeover a message that refers to an earlier one inflates to %q with error %v, expected ErrCorrupt", got, err)
	}
}

func TestDeflateSmallestMessages(t *testing.T) {
	for _, w := range []Window{{}, {NoContextTakeover: true}, {Bits: 8}} {
		d := NewDeflater(w, Options{})
		if got := d.Deflate(nil, nil, true); !bytes.Equal(got, emptyBlock) {
			t.Errorf("with %+v the empty message becomes % x, expected % x (RFC 7692, section 7.2.3.6)", w, got, emptyBlock)
		}
		if got := d.Deflate(nil, []byte("Hello"), true); !bytes.Equal(got, storedBlock) {
			t.Errorf("with %+v Hello becomes % x, expected % x (RFC 7692, section 7.2.3.3)", w, got, storedBlock)
		}
	}
}

func TestDeflateFlush(t *testing.T) {
	d := NewDeflater(Window{}, Options{})
	for _, size := range []int{0, 1, 127, 128, 70_000} {
		if got := d.Deflate(nil, chat(1, size), false); !bytes.HasSuffix(got, tail) {
			t.Errorf("a first frame of %d bytes ends in % x, expected 00 00 ff ff", size, got[max(0, len(got)-4):])
		}
		if got := d.Deflate(nil, chat(2, size), true); bytes.HasSuffix(got, tail) || got[len(got)-1] != 0 {
			t.Errorf("a last frame of %d bytes ends in % x, expected 00 00 ff ff to be removed (RFC 7692, section 7.2.1)", size, got[max(0, len(got)-5):])
		}
	}
}
