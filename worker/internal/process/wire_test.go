package process

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lingerws/linger/worker/internal/engine"
)

// sample has a value of each kind, and numbers at the limits of their forms.
func sample() []engine.Value {
	return []engine.Value{
		engine.Undefined(), engine.Null(), engine.Bool(false), engine.Bool(true),
		engine.Int(0), engine.Int(-1), engine.Int(math.MaxInt32), engine.Int(math.MinInt32),
		engine.Int(math.MaxInt32 + 1), engine.Number(0.5), engine.Number(math.Copysign(0, -1)), engine.Number(math.Inf(1)),
		engine.String(""), engine.String("ü€😀"), engine.Bytes([]byte{}), engine.Bytes([]byte{0, 255}),
		engine.List(), engine.List(engine.List(engine.String("inner")), engine.Null()),
		engine.BigInt(math.MinInt64), engine.BigInt(math.MaxInt64),
	}
}

// describe returns a text that differs for different values.
func describe(v engine.Value) string {
	switch v.Kind() {
	case engine.KindString:
		return "string " + v.String()
	case engine.KindBytes:
		return "bytes " + string(v.Bytes())
	case engine.KindNumber:
		return v.String() + map[bool]string{true: " negative"}[math.Signbit(v.Float())]
	case engine.KindList:
		parts := make([]string, 0, len(v.List()))
		for _, element := range v.List() {
			parts = append(parts, describe(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case engine.KindUndefined, engine.KindNull, engine.KindBool, engine.KindFunction, engine.KindBigInt, engine.KindBuffer:
	}
	return v.Kind().String() + " " + v.String()
}

func TestValues(t *testing.T) {
	t.Parallel()
	c := content{data: appendCall(nil, 513, sample())[frameHead+1:]}
	if number := c.uint16(); number != 513 {
		t.Errorf("the number of the function is 513; got %d", number)
	}
	want, got := describe(engine.List(sample()...)), describe(engine.List(c.values(nil)...))
	if c.err != nil || got != want {
		t.Errorf("the values are\n%s; got\n%s, %v", want, got, c.err)
	}
}

func TestContentRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		data string
	}{
		{"a string that ends early", "\x06\x05\x00\x00\x00abcd"},
		{"a length that ends early", "\x07\x05\x00"},
		{"a number that ends early", "\x05\x00\x00\x00\x00\x00\x00\x00"},
		{"a list with fewer elements than it announces", "\x08\x03\x00\x00\x00\x00\x00"},
		{"a list that announces as many elements as memory has bytes", "\x08\xff\xff\xff\xff\x00"},
		{"lists that are nested too deeply", strings.Repeat("\x08\x01\x00\x00\x00", 65) + "\x00"},
		{"an unknown tag", "\x0a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			read := content{data: []byte(c.data)}
			if values := read.values(nil); !errors.Is(read.err, errFrame) {
				t.Errorf("the error is %v; got %v and %s", errFrame, read.err, describe(engine.List(values...)))
			}
		})
	}
}

// frames returns all frames of r as text, and the error that ended them.
func framesOf(r io.Reader) (all []string, err error) {
	in := incoming{r: r}
	for {
		var t frameBatch
		err := in.next(&t)
		for _, f := range t.frames {
			all = append(all, string(append([]byte{byte(f.kind)}, f.content...)))
		}
		if err != nil {
			return all, err
		}
	}
}

func TestIncoming(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", readSize+100)
	var sent []byte
	var want []string
	for _, text := range []string{"a", "", large, "b", large + "c"} {
		sent = appendFrame(sent, frameCall, func(b []byte) []byte { return append(b, text...) })
		want = append(want, string(rune(frameCall))+text)
	}
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(sent), "byte by byte": iotest.OneByteReader(bytes.NewReader(sent)), "in halves": iotest.HalfReader(bytes.NewReader(sent)),
		"with the end": iotest.DataErrReader(bytes.NewReader(sent)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := framesOf(r)
			if !errors.Is(err, io.EOF) || strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("%d frames arrive, then EOF; got %d, %v", len(want), len(got), err)
			}
		})
	}
	t.Run("a frame without a kind is refused", func(t *testing.T) {
		t.Parallel()
		if got, err := framesOf(bytes.NewReader(make([]byte, 8))); !errors.Is(err, errFrame) || len(got) > 0 {
			t.Errorf("the error is %v; got %v, %q", errFrame, err, got)
		}
	})
	t.Run("a length alone allocates nothing", func(t *testing.T) {
		t.Parallel()
		in := incoming{r: bytes.NewReader([]byte{0, 0, 0, 0x3f, 1})}
		if err := in.next(&frameBatch{}); !errors.Is(err, io.EOF) || len(in.buffer) > readSize {
			t.Errorf("the buffer keeps %d bytes, then EOF; got %d, %v", readSize, len(in.buffer), err)
		}
	})
}

func FuzzIncoming(f *testing.F) {
	f.Add(appendCall(nil, 1, sample()), uint8(3))
	f.Add([]byte{5, 0, 0, 0, 5, 1, 2, 3, 4}, uint8(1))
	f.Add([]byte("\x06\x00\x00\x00000000000A"), uint8(3)) // an invalid length after a frame
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		whole, _ := framesOf(bytes.NewReader(data))
		pieces, _ := framesOf(&inPieces{data, int(piece%16) + 1})
		if strings.Join(whole, "|") != strings.Join(pieces, "|") {
			t.Errorf("pieces make no difference; got\n%q instead of\n%q", pieces, whole)
		}
		for _, frame := range whole {
			c := content{data: []byte(frame)[1:]}
			c.uint16()
			values := c.values(nil)
			if c.err != nil {
				continue
			}
			again := content{data: appendCall(nil, 0, values)[frameHead+3:]}
			if got := again.values(nil); describe(engine.List(got...)) != describe(engine.List(values...)) {
				t.Errorf("values stay the same; got\n%v instead of\n%v", got, values)
			}
		}
	})
}

// inPieces is a reader that returns n bytes at most.
type inPieces struct {
	rest []byte
	n    int
}

func (p *inPieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
