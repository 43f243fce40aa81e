package deflate

import (
	"errors"
	"testing"
)

func decode(message []byte, limit int) (string, bool, error) {
	d := decoders.take()
	defer decoders.give(d)
	d.open(nil, message, limit)
	defer d.close()
	done, err := d.run(nil)
	return string(d.out), done, err
}

func TestDecoderTellsTheEndOfAMessage(t *testing.T) {
	if got, done, err := decode(oneBlock, 10); got != "Hello" || !done || err != nil {
		t.Errorf("a whole message decodes to %q, done %v, %v", got, done, err)
	}
	if _, done, err := decode(oneBlock[:len(oneBlock)-2], 10); done || !errors.Is(err, ErrCorrupt) {
		t.Errorf("a message that was cut is done: %v, %v; expected ErrCorrupt", done, err)
	}
	if got, done, err := decode(oneBlock, 4); done || !errors.Is(err, ErrTooBig) {
		t.Errorf("five bytes with room for four decode to %q, done %v, %v; expected ErrTooBig", got, done, err)
	}
}

func TestDecoderReadsTheMessageAndThenTheEnding(t *testing.T) {
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
		t.Errorf("the library reads %q, expected the message and the ending behind it", all)
	}
}
