package deflate

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
)

func TestInflateLimit(t *testing.T) {
	for _, size := range []int{0, 1, 100, 32_768, 100_000} {
		for _, content := range contents {
			plain := content.make(size)
			message := NewDeflater(Window{}, Options{}).Deflate(nil, plain, true)
			if got, err := NewInflater(Window{}).Inflate(nil, message, size); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes of %s with the same limit are inflated to %d bytes with error %v", size, content.name, len(got), err)
			}
			if got, err := NewInflater(Window{}).Inflate(nil, message, size-1); size > 0 && !errors.Is(err, ErrTooBig) {
				t.Errorf("%d bytes of %s with a limit of one less are inflated to %d bytes with error %v, expected ErrTooBig", size, content.name, len(got), err)
			}
		}
	}
}

// bomb returns a message that inflates to the given number of megabytes of zeros.
func bomb(megabytes int) []byte {
	part := NewDeflater(Window{NoContextTakeover: true}, Options{Level: 9}).Deflate(nil, make([]byte, 1<<20), true)
	part = append(part, tail...)
	return bytes.TrimSuffix(bytes.Repeat(part, megabytes), tail)
}

func TestInflateBomb(t *testing.T) {
	message := bomb(1 << 10)
	in := NewInflater(Window{})
	const limit = 1 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := in.Inflate(nil, message, limit)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrTooBig) || got != nil {
		t.Errorf("%d bytes that inflate to a gigabyte give %d bytes with error %v, expected ErrTooBig", len(message), len(got), err)
	}
	// Growing to the limit by a quarter each time allocates a few times the limit in total.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 8*limit {
		t.Errorf("a bomb with a limit of %d bytes allocates %d bytes, expected at most 8 times the limit", limit, allocated)
	}
}

// TestBomb checks that bomb returns what its tests need.
func TestBomb(t *testing.T) {
	r := io.MultiReader(bytes.NewReader(bomb(10)), bytes.NewReader(ending))
	if n, err := io.Copy(io.Discard, newStdReader(r)); n != 10<<20 || err != nil {
		t.Errorf("the bomb of 10 MiB inflates to %d bytes with error %v", n, err)
	}
}

func TestInflateCorrupt(t *testing.T) {
	for name, message := range map[string][]byte{
		"an empty message without a block":   {},
		"block type 3":                       {0x06, 0x00},
		"a stored block with a wrong length": {0x00, 0x05, 0x00, 0xfa, 0xfe, 'H', 'e', 'l', 'l', 'o', 0x00},
		"a truncated stored block":           storedBlock[:7],
		"a truncated last stored block":      append([]byte{0x01}, storedBlock[1:7]...),
		"a truncated fixed block":            oneBlock[:4],
		"a reference before the first byte":  sharedWindow,
		"a last block and invalid data":      append(bytes.Clone(lastBlock[:7]), 0x06, 0x00),
		"a last block and a truncated block": append(bytes.Clone(lastBlock[:7]), storedBlock[:7]...),
		"an incomplete code":                 {0x04, 0x00, 0xfe, 0xff, 0x00},
		"a tail that was not removed":        append(bytes.Clone(oneBlock), tail...),
	} {
		got, err := NewInflater(Window{}).Inflate([]byte("before"), message, 1000)
		if !errors.Is(err, ErrCorrupt) || errors.Is(err, ErrTooBig) || string(got) != "before" {
			t.Errorf("%s, % x: the result is %q with error %v, expected ErrCorrupt and nothing appended", name, message, got, err)
		}
	}
}

func TestInflateTruncated(t *testing.T) {
	message := NewDeflater(Window{}, Options{}).Deflate(nil, chat(1, 600), true)
	for n := range message {
		got, err := NewInflater(Window{}).Inflate(nil, message[:n], 600)
		if err == nil && !bytes.HasPrefix(chat(1, 600), got) || err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTooBig) {
			t.Errorf("the first %d of %d bytes inflate to %q with error %v, expected a prefix, ErrCorrupt or ErrTooBig", n, len(message), got, err)
		}
	}
}

// A peer that cannot flush marks each of its blocks as the last (RFC 7692, section 7.2.3.4).
func TestInflateLastBlocks(t *testing.T) {
	var message, want []byte
	for i := range 50 {
		piece := chat(uint64(i), 1+i*i*10)
		message = append(message, lastBlockOf(piece)...)
		want = append(want, piece...)
	}
	for _, noTakeover := range []bool{false, true} {
		in := NewInflater(Window{NoContextTakeover: noTakeover})
		for name, end := range map[string][]byte{"with an empty block": {0}, "without an empty block": nil} {
			for range 3 {
				got, err := in.Inflate(nil, append(bytes.Clone(message), end...), len(want))
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("50 last blocks %s inflate to %d bytes with error %v, expected %d", name, len(got), err, len(want))
				}
			}
		}
		if got := cap(in.history.data); noTakeover && got != 0 {
			t.Errorf("without context takeover %d bytes are kept after the message, expected none", got)
		}
	}
}

// A block after a last block may refer to data before it in the same message.
func TestInflateWindowAfterLastBlock(t *testing.T) {
	message := append(bytes.Clone(lastBlock[:7]), sharedWindow...)
	for _, noTakeover := range []bool{false, true} {
		in := NewInflater(Window{NoContextTakeover: noTakeover})
		for range 3 {
			if got, err := in.Inflate(nil, message, 10); err != nil || string(got) != "HelloHello" {
				t.Errorf("with NoContextTakeover %v a reference across a last block inflates to %q with error %v, expected HelloHello", noTakeover, got, err)
			}
		}
	}
}

func TestInflateLastBlockLimit(t *testing.T) {
	empty := []byte{0x03, 0x00} // a fixed block, last, without content
	in := NewInflater(Window{})
	if _, err := in.Inflate(nil, bytes.Repeat(empty, maxLast), 10); err != nil {
		t.Errorf("%d last blocks are refused: %v", maxLast, err)
	}
	if _, err := in.Inflate(nil, bytes.Repeat(empty, maxLast+1), 10); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%d last blocks give %v, expected ErrCorrupt", maxLast+1, err)
	}
}

func TestInflateAppends(t *testing.T) {
	got, err := NewInflater(Window{}).Inflate([]byte("He said: "), oneBlock, 5)
	if err != nil || string(got) != "He said: Hello" {
		t.Errorf("the result is %q with error %v, expected Hello to be appended; the limit does not include dst", got, err)
	}
}
