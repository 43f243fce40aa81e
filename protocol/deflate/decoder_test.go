package deflate

import (
	"errors"
	"testing"
)

func decode(message []byte, limit int) (string, bool, error) {
	d := decoders.get()
	defer decoders.put(d)
	d.begin(nil, message, limit)
	defer d.release()
	done, err := d.inflate(nil)
	return string(d.out), done, err
}

func TestDecoderInflate(t *testing.T) {
	if got, done, err := decode(oneBlock, 10); got != "Hello" || !done || err != nil {
		t.Errorf("a complete message is inflated to %q, done %v, %v", got, done, err)
	}
	if _, done, err := decode(oneBlock[:len(oneBlock)-2], 10); done || !errors.Is(err, ErrCorrupt) {
		t.Errorf("a truncated message gives done %v, %v; expected ErrCorrupt", done, err)
	}
	if got, done, err := decode(oneBlock, 4); done || !errors.Is(err, ErrTooBig) {
		t.Errorf("five bytes with a limit of four are inflated to %q, done %v, %v; expected ErrTooBig", got, done, err)
	}
}

func TestDecoderSource(t *testing.T) {
	d := &decoder{rest: []byte("ab"), end: []byte("c")}
	var all []byte
	for {
		var p [1]byte
		n, err := (*source)(d).Read(p[:])
		if err != nil {
			break
		}
		all = append(all, p[:n]...)
	}
	if string(all) != "abc" {
		t.Errorf("the library reads %q, expected the message and then the ending", all)
	}
}
